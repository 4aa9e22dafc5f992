"""The catalogue that every theme of this package enters its messages in."""

from datacenter.protocols.layout import Catalogue

MESSAGES = Catalogue("jt1078")
message = MESSAGES.message
