"""The one transaction: decode, tracks, detection, cases, live (接入)."""
