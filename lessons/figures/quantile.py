"""Pictures of lesson 05, quantile loss."""
