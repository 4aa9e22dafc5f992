"""The ends of all chains, written down outside the database (链头锚定): what was cut off there shows here."""
