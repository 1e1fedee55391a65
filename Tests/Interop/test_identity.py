"""Who may call the server: tokens of the command line, an OIDC provider's JWTs, TLS, SCIM."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import warnings

import pytest

import kit
import provider as oidc

STATEMENTS = "/api/2.0/sql/statements"
SCIM = "/api/1.0/unity-control/scim2"


class Server(kit.Server):
    """`tarn serve` with more flags and settings, maybe over TLS."""

    def __init__(self, lakehouse, *flags, context=None, **settings):
        super().__init__(lakehouse)
        self.flags = list(flags) + [word for name, value in settings.items()
                                    for word in ("--set", f"{name.replace('__', '.')}={value}")]
        self.context = context

    def __enter__(self):
        self.process = self.lakehouse.popen("serve", "--home", str(self.lakehouse.home), "--port", "0", *self.flags)
        while line := self.process.stdout.readline().decode():
            if match := re.search(r"listening on (https?://\S+)", line):
                self.url = match.group(1)
                return self
        raise AssertionError(self.process.communicate()[1].decode())

    def call(self, path, token=None, body=None, method=None, form=None):
        """(status, JSON, headers)"""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = None
        if form is not None:
            data, headers["Content-Type"] = urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded"
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60, context=self.context) as response:
                text = response.read()
                return response.status, json.loads(text) if text else None, response.headers
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text else None, error.headers


def make_token(lake, user, *more):
    return lake.run("token", "create", "--home", str(lake.home), "--user", user, *more).decode().strip()


def test_a_token_of_the_command_line(lake):
    token = make_token(lake, "ada", "--expires", "1h")
    assert re.fullmatch(r"tarn_[0-9A-Za-z]{49}", token)
    with Server(lake, "--auth", "required") as server:
        assert server.call("/health")[0] == 200
        status, answer, headers = server.call(STATEMENTS, body={"statement": "SELECT 1"})
        assert status == 401 and answer["error_code"] == "UNAUTHENTICATED"
        assert headers["WWW-Authenticate"].startswith("Bearer")
        assert server.call("/version", token)[0] == 200
        status, answer, _ = server.call(STATEMENTS, token, {"statement": "SELECT 1 AS one", "wait_timeout": "30s"})
        assert answer["status"]["state"] == "SUCCEEDED", answer
        # Revoked while the server runs, by another process.
        listed = json.loads(lake.run("token", "list", "--home", str(lake.home), "--json"))
        assert token not in json.dumps(listed)
        lake.run("token", "revoke", "--home", str(lake.home), listed[0]["id"])
        assert server.call("/version", token)[0] == 401


def test_the_network_needs_authentication_or_plain_words(lake):
    with pytest.raises(kit.Refused) as refused:
        lake.run("serve", "--home", str(lake.home), "--host", "0.0.0.0", "--port", "0")
    assert "--auth required" in refused.value.message
    with Server(lake, "--host", "0.0.0.0", "--auth", "required") as server:
        port = server.url.rsplit(":", 1)[1]
        server.url = f"http://127.0.0.1:{port}"
        assert server.call("/version")[0] == 401


@pytest.mark.parametrize("algorithm, says_algorithm", [
    ("RS256", True), ("RS256", False), ("PS256", True), ("PS256", False), ("ES256", True), ("EdDSA", True)])
def test_jwts_of_a_provider(lake, algorithm, says_algorithm):
    make_token(lake, "ada")
    key = oidc.Key(algorithm, "k1", says_algorithm)
    with oidc.Provider(key) as provider, Server(
            lake, "--auth", "required", auth__oidc__issuer=provider.issuer, auth__oidc__audience="tarn") as server:
        good = provider.token()
        assert server.call(SCIM + "/Me", good)[1]["userName"] == "ada"
        now = int(time.time())
        for bad in [oidc.unsigned(provider), provider.token(aud="other"), provider.token(exp=now - 120),
                    provider.token(exp=None), provider.token(nbf=now + 120), provider.token(iss="https://evil"),
                    provider.token(oidc.Key(algorithm, "k1")), provider.token(subject="nobody"), good[:-8]]:
            assert server.call("/version", bad)[0] == 401
        assert server.call(SCIM + "/Me", good)[0] == 200


def test_keys_rotate_while_the_server_runs_and_hold_while_the_provider_is_down(lake):
    make_token(lake, "ada")
    old, new = oidc.Key("RS256", "old"), oidc.Key("ES256", "new")
    with oidc.Provider(old) as provider, Server(
            lake, "--auth", "required", auth__oidc__issuer=provider.issuer, auth__oidc__audience="tarn",
            auth__oidc__jwks=provider.issuer + "/keys") as server:
        assert server.call("/version", provider.token(old))[0] == 200
        provider.keys.insert(0, new)
        deadline = time.monotonic() + 30
        while server.call("/version", provider.token(new))[0] != 200:
            assert time.monotonic() < deadline, "the new key was not taken over"
            time.sleep(1)
        assert server.call("/version", provider.token(old))[0] == 200
        assert provider.requests <= 4
        provider.is_down = True
        assert server.call("/version", provider.token(new))[0] == 200
        # Unity Catalog's exchange, and what comes of it.
        status, answer, _ = server.call("/api/1.0/unity-control/auth/tokens", form={
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token", "subject_token": provider.token(new)})
        assert status == 200 and answer["token_type"] == "Bearer", answer
        assert server.call(SCIM + "/Me", answer["access_token"])[1]["userName"] == "ada"
        assert server.call("/api/1.0/unity-control/auth/logout", answer["access_token"], method="POST")[0] == 200
        assert server.call("/version", answer["access_token"])[0] == 401


def certificate(folder, name, authority=None):
    """(certificate, key) files for 127.0.0.1, signed by itself or by an authority."""
    made, key, request = folder / f"{name}.pem", folder / f"{name}.key", folder / f"{name}.csr"
    run = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True)
    if authority is None:
        run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(made), "-days", "2",
            "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
        return made, key
    run("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(request), "-subj", f"/CN={name}")
    names = folder / f"{name}.ext"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n")
    run("x509", "-req", "-in", str(request), "-CA", str(authority[0]), "-CAkey", str(authority[1]), "-CAcreateserial",
        "-days", "2", "-extfile", str(names), "-out", str(made))
    return made, key


def test_tls_with_a_certificate_that_is_renewed(lake, tmp_path):
    authority = certificate(tmp_path, "authority")
    chain, key = certificate(tmp_path, "first", authority)
    context = ssl.create_default_context(cafile=str(authority[0]))
    with Server(lake, "--tls-certificate", str(chain), "--tls-key", str(key), context=context) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert server.call("/version")[0] == 200
        port = int(server.url.rsplit(":", 1)[1])
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, OSError)):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
                old.wrap_socket(plain)
        before = ssl.get_server_certificate(("127.0.0.1", port))
        second, second_key = certificate(tmp_path, "second", authority)
        os.replace(second, chain)
        os.replace(second_key, key)
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while ssl.get_server_certificate(("127.0.0.1", port)) == before:
            assert time.monotonic() < deadline, "the new certificate was not taken over"
            time.sleep(0.2)
        assert server.call("/version")[0] == 200


def test_bad_certificates_end_the_start_with_a_reason(lake, tmp_path):
    (one, one_key), (_, other_key) = certificate(tmp_path, "one"), certificate(tmp_path, "other")
    empty = tmp_path / "empty"
    empty.write_text("")
    for flags, words in [
            ((str(one), str(other_key)), "do not go together"), ((str(tmp_path / "none"), str(one_key)), "Cannot read"),
            ((str(empty), str(one_key)), "tls.certificate"), ((str(one), str(empty)), "tls.key"),
            ((str(one), None), "both")]:
        more = ["--tls-certificate", flags[0]] + (["--tls-key", flags[1]] if flags[1] else [])
        with pytest.raises(kit.Refused) as refused:
            lake.run("serve", "--home", str(lake.home), "--port", "0", *more)
        assert refused.value.status == 1 and words in refused.value.message, refused.value.message


def test_scim_as_an_identity_provider_calls_it(lake):
    with Server(lake) as server:
        status, user, headers = server.call(SCIM + "/Users", body={
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.org",
            "name": {"givenName": "Ada"}, "emails": [{"value": "ada@example.org", "type": "work", "primary": True}],
            "active": True})
        assert status == 201 and headers["Content-Type"] == "application/scim+json"
        query = urllib.parse.quote('userName eq "ada@example.org"')
        assert server.call(f"{SCIM}/Users?filter={query}")[1]["totalResults"] == 1
        status, group, _ = server.call(SCIM + "/Groups", body={"displayName": "analysts",
                                                             "members": [{"value": user["id"]}]})
        assert status == 201 and group["members"][0]["display"] == "ada@example.org"
        token = make_token(lake, "ada@example.org")
        assert [g["display"] for g in server.call(SCIM + "/Me", token)[1]["groups"]] == ["account users", "analysts"]
        status, *_ = server.call(f"{SCIM}/Users/{user['id']}", method="PATCH", body={
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "Replace", "path": "active", "value": False}]})
        assert status == 200
        assert server.call("/version", token)[0] == 401
