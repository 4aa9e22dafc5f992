"""Lost property (失物查找): from what a caller remembers of a ride to the taxi, and from the taxi to the thing."""
