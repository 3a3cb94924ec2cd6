"""``limbeck serve``: one model, or a strategy around one, as an OpenAI-compatible endpoint."""

from __future__ import annotations

import ipaddress
import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from limbeck import secrets
from limbeck.cli import serving_model
from limbeck.cli.output import give, tell, warn
from limbeck.cli.serving_model import WHERE
from limbeck.errors import LimbeckError, missing_extra
from limbeck.generation import CAPABILITIES, Model
from limbeck.models import shared
from limbeck.models.local import Local
from limbeck.pipeline.context import Context
from limbeck.pipeline.execute import Opener
from limbeck.pipeline.models import ModelSpec

QUESTION = "What is 2 + 2?"


@dataclass(frozen=True)
class At:
    """Where a model is served: address, port (0: a free one), the environment variable that holds the key
    which clients have to send (empty: none)."""

    host: str
    port: int
    key_env: str = ""


def serve(text: str, decoding: str, name: str, at: At) -> None:
    """Load the model, say where it is, answer until interrupted.

    Raises:
        LimbeckError: no such model, an address that is taken, a key that is not there.
        KeyboardInterrupt: the server was interrupted, and what was under way is answered.
    """
    with _installed():
        from limbeck.serving import server
        from limbeck.serving.served import Served
    key = _key(at)
    chosen = serving_model.chosen(text, decoding)
    name = name or chosen.name
    with server.listening(at.host, at.port) as listener:
        opener = _Sharing(chosen.folders, Context(Path()))
        model = opener.model(chosen.spec)
        whole = shared.GIVES if isinstance(model, shared.Shared) else chosen.spec.gives
        gives = [word for word in CAPABILITIES if word in whole]
        upstream = any(each.use == "models/openai" for each in chosen.spec.whole())
        _say(name, server.address(listener), gives, at)
        served = Served(name, model, {*gives}, key, upstream)
        try:
            server.serve(served, listener, _stopping)
        finally:
            for each in opener.sharing:
                each.engine.close()


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise missing_extra(error.name or "starlette", "serve", WHERE) from error


@dataclass(frozen=True)
class _Sharing(Opener):
    """Opens networks of this process so that many requests may ask them at once."""

    sharing: list[shared.Shared] = field(default_factory=list)

    def model(self, spec: ModelSpec, journal: Path | None = None) -> Model:
        made = super().model(spec, journal)
        if not isinstance(made, Local):
            return made
        self.sharing.append(shared.Shared(made))
        return self.sharing[-1]


def _key(at: At) -> str:
    """What clients have to send.

    Raises:
        LimbeckError: a key is wanted and its variable is empty.
    """
    key = secrets.from_environment(at.key_env, "the key")
    if at.key_env and not key:
        raise LimbeckError(f"{WHERE}: --key-env {at.key_env}: no such environment variable, or an empty one")
    if not key and not _loopback(at.host):
        warn(f"whoever reaches {at.host} may ask; --key-env NAME has clients send the key that $NAME holds")
    return key


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say(name: str, url: str, gives: list[str], at: At) -> None:
    """One line for people with an example under it, one object for programs."""
    body = {"model": name, "messages": [{"role": "user", "content": QUESTION}]}
    key = f' -H "Authorization: Bearer ${at.key_env}"' if at.key_env else ""
    asking = f"curl {url}/chat/completions{key} -H 'Content-Type: application/json' "
    asking += f"-d {shlex.quote(json.dumps(body))}"
    tell(f"serving {name} at {url} (Ctrl-C ends it)")
    tell(f"  {asking}")
    tell(f"  limbeck eval openai:{name}@{url} --benchmark …")
    give({"url": url, "model": name, "gives": gives, "example": asking})


def _stopping(busy: int) -> None:
    if busy:
        warn(f"stopping: {busy} requests under way are answered; Ctrl-C again cuts them off")
