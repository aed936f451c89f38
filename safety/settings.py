"""What the environment says, read once at the doors and handed on."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def web_address(text: str) -> str:
    """Take an address that links begin with; what names no host would lead nobody anywhere."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("takes the address at which the desk is reached, such as https://desk.example.org")
    return text


class Settings(BaseSettings):
    """`VIGILOG_HOME`, `VIGILOG_DATABASE_URL` and the rest; the home holds log, views, directory and mail."""

    model_config = SettingsConfigDict(
        env_prefix="VIGILOG_", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    home: Path = Path("vigilog-data")
    database_url: str | None = None
    broker_url: str | None = None
    smtp_url: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    mail_from: str = "vigilog@localhost"
    public_url: Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(web_address)] = (
        "http://localhost:8000"
    )
    watchdog_home: Path = Path("vigilog-watchdog")
    watchdog_smtp_url: str | None = None
    watchdog_mail_to: str | None = None
    watchdog_webhook_url: str | None = None
    watchdog_webhook_secret: str | None = None
    trusted_proxies: str = ""
    """Addresses or networks of the proxies whose X-Forwarded-For and -Proto are believed, with commas; nobody's when empty."""
    oidc_issuer: str | None = None
    """An OpenID Connect provider that may say who somebody is; the two below have to go with it."""
    oidc_client_id: str = ""
    oidc_secret_file: Path | None = None
    oidc_name: str = "OpenID Connect"
    account: str = "OPERATOR"
    lock_seconds: int = 30

    @property
    def stated_url(self) -> str | None:
        """Where VIGILOG_PUBLIC_URL says that people reach the desk; None where nobody has said so."""
        return self.public_url if "public_url" in self.model_fields_set else None

    @property
    def is_local(self) -> bool:
        """Whether the desk is reached from its own machine alone, as far as anybody has said."""
        return urlsplit(self.public_url).hostname in LOOPBACK
