"""Emergency buttons (紧急报警): a way of their own from the driver's button to somebody's desk."""
