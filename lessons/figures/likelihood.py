"""Pictures of lesson 06, where losses come from."""
