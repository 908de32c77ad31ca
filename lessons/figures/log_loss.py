"""Pictures of lesson 07, log loss."""
