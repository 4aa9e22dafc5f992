"""文书: every PDF of the house, from a template, data and the packaged font; the same inputs give the same bytes."""
