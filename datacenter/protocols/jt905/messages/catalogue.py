"""The catalogue that the tables of this package enter."""

from datacenter.protocols.layout import Catalogue

MESSAGES = Catalogue("jt905")
message = MESSAGES.message
