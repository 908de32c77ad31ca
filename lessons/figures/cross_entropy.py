"""Pictures of lesson 08, categorical cross-entropy."""
