"""The endpoints of the settings, as the event log and the outbox know them."""

from config.settings import Settings
from store.events import EndpointRule


def rules(settings: Settings) -> tuple[EndpointRule, ...]:
    """Return whom to tell, and what."""
    return tuple(
        EndpointRule(
            name=webhook.name,
            url=webhook.url,
            secret=webhook.secret,
            min_severity=webhook.min_severity,
            events=webhook.events,
            repositories=webhook.repositories,
            only_fixable=webhook.only_fixable,
        )
        for webhook in settings.webhooks
    )
