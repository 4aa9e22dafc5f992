"""Pages of assessment (考核): months and their tables, one subject's sheet, objections, rules, points."""
