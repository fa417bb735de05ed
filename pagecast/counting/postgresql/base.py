"""Django's PostgreSQL, which keeps what it was told, whatever stands in between.

A pooler of connections, such as PgBouncer in transaction mode, gives each transaction to another session of
the server, and passes on no `options`. So what a session must know is said again there in every transaction.
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base

from pagecast.counting.errors import Forgetful

from .schema import DatabaseSchemaEditor

UNSAFE = (
    "PostgreSQL runs with synchronous_commit=off, and a pooler of connections stands in between, which does "
    "not pass on that Pagecast wants it on: a power cut would lose answered views. For the role in "
    "DATABASE_URL, run ALTER ROLE … SET synchronous_commit = on, then RECONNECT in the pooler."
)


class Connection(psycopg.Connection[Any]):
    """A connection that is given up when the server says nothing for too long, as one that hangs does."""

    #: Seconds; None is for ever.
    answers_within: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer. Raises `psycopg.OperationalError` when none comes."""
        try:
            return super().wait(gen, interval, timeout or self.answers_within)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - documented for this very call
            self.pgconn.finish()
            message = f"PostgreSQL has said nothing for {timeout or self.answers_within} s"
            raise psycopg.OperationalError(message) from None


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose session has the settings that stand in `OPTIONS["session"]`, and those of `tell`."""

    SchemaEditorClass = DatabaseSchemaEditor
    #: Whether somebody stands in between who may give each transaction to another session.
    pooled = False
    #: What the server is told, by the names of its settings.
    session: dict[str, str]

    def tell(self, **session: str) -> None:
        """Have this connection go by these settings of the server from now on, as long as it lasts."""
        self.session = self.session | session
        if not self.pooled:
            with self.cursor() as cursor:
                cursor.execute(f"SELECT {self.said(local=False)}", self.words())

    def said(self, *, local: bool = True) -> str:
        """The columns of a SELECT that tells the settings, for this transaction alone or for the session."""
        return ", ".join([f"set_config(%s, %s, {local})"] * len(self.session))

    def words(self) -> list[str]:
        """The parameters of what is `said`."""
        return [word for pair in self.session.items() for word in pair]

    def get_connection_params(self) -> dict[str, Any]:
        """Say the settings as it connects: a role or a database may have another opinion.

        Of two settings of one name PostgreSQL takes the last, so that is ours.
        """
        parameters: dict[str, Any] = super().get_connection_params()
        session = parameters.pop("session", {})
        told = [f"-c {name}={value}" for name, value in session.items()]
        parameters["options"] = " ".join([parameters.get("options", ""), *told]).strip()
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """Connect; of isolation levels Pagecast has but one."""
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        answers_within = conn_params.pop("answers_within", None)
        connection = Connection.connect(**conn_params)
        connection.answers_within = answers_within
        return connection

    def init_connection_state(self) -> None:
        """Look who answers. Raises `Forgetful` where answered views might be lost."""
        super().init_connection_state()
        told = self.settings_dict["OPTIONS"].get("session", {})
        # How to tell that we have vanished is of the way to the server. It was said when that began.
        self.session = {name: value for name, value in told.items() if not name.startswith("tcp_")}
        driver: Any = self.connection
        with self.wrap_database_errors, driver.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid(), current_setting('synchronous_commit')")
            process, commit = cursor.fetchone()
        # A pooler greets with a number of its own.
        self.pooled = process != driver.info.backend_pid
        if not self.pooled:
            return
        # The next piece might be asked for in another session.
        self.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = True
        if commit == "off" and self.session.get("synchronous_commit") == "on":
            self.close()
            raise Forgetful(UNSAFE)

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001 - Django's signature
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs leave it out
        if self.pooled and not autocommit and self.session:
            self._say_again()

    def _say_again(self) -> None:
        driver: Any = self.connection
        try:
            with self.wrap_database_errors, driver.cursor() as cursor:
                cursor.execute(f"SELECT {self.said()}", self.words())
        except BaseException:
            # Begun, and nobody knows: what came next would never be committed.
            self.close()
            raise
