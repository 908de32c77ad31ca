"""All that the lessons draw, a module for each: a cell of lesson 02 says
`from figures import mae as figures`, then `figures.odometer(residuals)`."""

from figures.base import slider

__all__ = ["slider"]
