"""Pictures of lesson 09, hinge loss."""
