"""Which channels this installation has (发送渠道), by its environment; the page itself is always there."""

from django.conf import settings

from datacenter.notices.models import Channel


def channels_on() -> list[str]:
    """Channels that are set up."""
    ready = {Channel.EMAIL: settings.EMAIL_HOST, Channel.WEBHOOK: settings.NOTICE_WEBHOOK_URL}
    return [channel.value for channel in Channel if ready[channel]]
