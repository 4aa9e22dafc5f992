"""Figures over all cases (案件统计): counted in the background, read in milliseconds, each a link to its rows."""
