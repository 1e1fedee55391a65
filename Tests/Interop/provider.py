"""A small OIDC provider: discovery, a key set that rotates, and tokens signed with real libraries."""

import base64
import http.server
import json
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

AUDIENCE = "tarn"
MAKERS = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "PS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


class Key:
    def __init__(self, algorithm, name, says_algorithm=True):
        self.algorithm, self.name, self.private = algorithm, name, MAKERS[algorithm]()
        self.says_algorithm = says_algorithm

    def jwk(self):
        algorithm = {"PS256": "RS256"}.get(self.algorithm, self.algorithm)
        made = jwt.get_algorithm_by_name(algorithm).to_jwk(self.private.public_key(), as_dict=True)
        made.update(kid=self.name, use="sig")
        made.pop("key_ops", None)
        if self.says_algorithm:
            made["alg"] = self.algorithm
        return made


class Provider:
    """Serves on a free port of this machine until the `with` ends."""

    def __init__(self, *keys):
        self.keys, self.requests, self.is_down = list(keys), 0, False

    def __enter__(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.requests += 1
                if provider.is_down:
                    return self.send_error(503)
                body = {"/.well-known/openid-configuration": {"issuer": provider.issuer,
                                                              "jwks_uri": provider.issuer + "/keys"},
                        "/keys": {"keys": [key.jwk() for key in provider.keys]}}.get(self.path)
                if body is None:
                    return self.send_error(404)
                data = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def token(self, key=None, subject="ada", algorithm=None, **claims):
        key = key or self.keys[0]
        now = int(time.time())
        payload = {"iss": self.issuer, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300, **claims}
        payload = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(payload, key.private, algorithm or key.algorithm, headers={"kid": key.name})


def unsigned(provider):
    """What `alg: none` makes of good claims."""
    encode = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    now = int(time.time())
    return encode({"alg": "none", "typ": "JWT"}) + "." + encode(
        {"iss": provider.issuer, "aud": AUDIENCE, "sub": "ada", "exp": now + 300}) + "."
