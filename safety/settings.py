"""What the environment says, read once at the doors and handed on."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`VIGILOG_HOME`, `VIGILOG_DATABASE_URL` and the rest; the home holds log, views, directory and mail."""

    model_config = SettingsConfigDict(env_prefix="VIGILOG_", extra="ignore", hide_input_in_errors=True)

    home: Path = Path("vigilog-data")
    database_url: str | None = None
    broker_url: str | None = None
    smtp_url: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    mail_from: str = "vigilog@localhost"
    public_url: str = "http://localhost:8000"
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
