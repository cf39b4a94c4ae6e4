# SPDX-License-Identifier: MIT
"""A throw-away certificate authority whose certificates can be wrong in one thing."""
import os
import subprocess
import tempfile
import time


class Authority:
    """A throw-away root that signs with openssl."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("root", "other"):
            self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                         "-nodes", "-days", "30", "-subj", f"/CN=hostile {name}",
                         "-keyout", f"{name}-key.pem", "-out", f"{name}.pem")

    def openssl(self, *words, data=None):
        return subprocess.run(["openssl", *words], cwd=self.folder, input=data, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def sign(self, csr, names, scenario):
        """The chain for a CSR (DER), spoilt as the scenario says."""
        if scenario == "certificate-other-key":
            csr = self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
                               "-keyout", "unused.pem", "-outform", "DER")
        names = {"certificate-other-name": ["DNS:other.test"],
                 "certificate-more-names": names + ["DNS:other.test"]}.get(scenario, names)
        signer = "other" if scenario == "certificate-other-issuer" else "root"
        day = 86400
        start, end = {"certificate-expired": (-20 * day, -day),
                      "certificate-not-yet-valid": (2 * day, 20 * day)}.get(
                          scenario, (-3600, 90 * day))
        with tempfile.TemporaryDirectory(dir=self.folder) as work:
            def path(name, text):
                with open(os.path.join(work, name), "w", encoding="ascii") as file:
                    file.write(text)
                return file.name
            pem = self.openssl("req", "-inform", "DER", data=csr).decode()
            config = (f"[ca]\ndefault_ca=a\n[a]\ndatabase={path('index', '')}\n"
                      f"new_certs_dir={work}\nrand_serial=yes\npolicy=p\nunique_subject=no\n"
                      "default_md=sha256\nemail_in_dn=no\n[p]\ncommonName=optional\n"
                      f"[e]\nsubjectAltName={','.join(names)}\nbasicConstraints=CA:FALSE\n"
                      "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
                      "extendedKeyUsage=serverAuth\n")
            stamp = "%Y%m%d%H%M%SZ"
            leaf = self.openssl(
                "ca", "-batch", "-notext", "-config", path("conf", config), "-extensions", "e",
                "-subj", "/", "-cert", f"{signer}.pem", "-keyfile", f"{signer}-key.pem",
                "-startdate", time.strftime(stamp, time.gmtime(time.time() + start)),
                "-enddate", time.strftime(stamp, time.gmtime(time.time() + end)),
                "-in", path("csr", pem))
        with open(os.path.join(self.folder, "root.pem"), "rb") as root:
            return leaf + root.read()
