"""The archive (轨迹归档): days past the hot ones, sealed into Parquet files that the manifest's rows name.

A position lies in exactly one of partition and archive. Which, says the manifest, and it changes only in a transaction
that holds ``track_position`` exclusively; a reader holds it shared from before it reads the manifest until it has read
the files (ADR 0006).
"""
