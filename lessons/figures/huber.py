"""Pictures of lesson 04, Huber and friends."""
