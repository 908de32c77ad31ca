"""All plotting that the lessons share: a lesson's cell reads `figures.odometer(residuals)`."""

from figures.base import *
from figures.cross_entropy import *
from figures.hinge import *
from figures.huber import *
from figures.likelihood import *
from figures.log_loss import *
from figures.loss import *
from figures.mae import *
from figures.mse import *
from figures.quantile import *
