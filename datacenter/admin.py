"""What administrators edit under /admin/; each package registers its own."""
