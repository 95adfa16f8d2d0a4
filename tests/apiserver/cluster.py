#!/usr/bin/env python3
"""A real kube-apiserver and etcd on loopback ports, for tests. Python's standard library, openssl and Go.

usage: cluster.py [--build]
Runs a cluster until Ctrl-C and prints the path of its kubeconfig; with --build only builds the program.
"""
import atexit
import base64
import ctypes
import fcntl
import hashlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parent.parent / 'build' / 'apiserver'
SOURCES = ('go.mod', 'go.sum', 'main.go')
READY_SECONDS = 90
STOP_SECONDS = 10


class Unavailable(Exception):
    """The cluster cannot run on this machine; the text says why."""


def programs():
    """The two commands, as lists of arguments; builds them if need be. Raises Unavailable."""
    assets = os.environ.get('KUBEBUILDER_ASSETS')
    if assets:
        commands = {name: [os.path.join(assets, name)] for name in ('etcd', 'kube-apiserver')}
        for (path,) in commands.values():
            if not os.access(path, os.X_OK):
                raise Unavailable(f'KUBEBUILDER_ASSETS is set, but there is no {path}')
        return commands
    binary = str(build())
    return {name: [binary, name] for name in ('etcd', 'kube-apiserver')}


def build():
    """The program made of main.go, from build/apiserver if it is there; otherwise it takes minutes."""
    digest = hashlib.sha256(b'\0'.join((HERE / name).read_bytes() for name in SOURCES)).hexdigest()[:16]
    binary = CACHE / f'apiserver-{digest}'
    if binary.exists():
        return binary
    check_go()
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / 'lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            build_with_go(binary)
    return binary


def check_go():
    if not shutil.which('go'):
        raise Unavailable('building kube-apiserver needs Go, and there is no "go" in PATH')
    version = go('env', 'GOVERSION').stdout.strip()
    numbers = re.match(r'go1\.(\d+)', version)
    if not numbers or int(numbers[1]) < 21:  # from 1.21 on it fetches the version that go.mod names
        raise Unavailable(f'building kube-apiserver needs Go 1.21 or later, and this is {version or "an unknown one"}')


def go(*arguments):
    flags = '-mod=readonly -trimpath -buildvcs=false'
    return subprocess.run(['go', *arguments], cwd=HERE, capture_output=True, text=True,
                          env={**os.environ, 'GOFLAGS': flags, 'GOWORK': 'off', 'CGO_ENABLED': '0'})


def build_with_go(binary):
    # This downloads what the build needs and compiles nothing: when it fails there is no module proxy to be had.
    print('apiserver: downloading modules', file=sys.stderr, flush=True)
    listed = go('list', '-deps', '.')
    if listed.returncode:
        raise Unavailable(f'cannot download the modules of kube-apiserver: {last_line(listed.stderr)}')
    print('apiserver: building kube-apiserver and etcd, which takes some minutes', file=sys.stderr, flush=True)
    release = re.search(r'k8s\.io/kubernetes v(\d+)\.(\d+)\.(\S+)', (HERE / 'go.mod').read_text())
    values = {'gitVersion': f'v{release[1]}.{release[2]}.{release[3]}', 'gitMajor': release[1], 'gitMinor': release[2]}
    linked = ' '.join(f'-X k8s.io/component-base/version.{name}={value}' for name, value in values.items())
    unfinished = f'{binary}.{os.getpid()}'
    built = go('build', '-p', '2', '-ldflags', f'-s -w {linked}', '-o', unfinished, '.')
    if built.returncode:
        raise RuntimeError(f'cannot build kube-apiserver:\n{built.stderr}')
    os.replace(unfinished, binary)
    for other in CACHE.glob('apiserver-*'):
        if other != binary:
            other.unlink()


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else 'no reason given'


def free_ports(count):
    """Ports that nobody listens on at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for probe in sockets:
            probe.bind(('127.0.0.1', 0))
        return [probe.getsockname()[1] for probe in sockets]
    finally:
        for probe in sockets:
            probe.close()


def end_with_parent():
    """Runs in the child: a test that is killed leaves no server behind."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


class Pki:
    """A certificate authority with a server's and an administrator's certificate, made by openssl."""

    def __init__(self, directory):
        if not shutil.which('openssl'):
            raise Unavailable('certificates are made with openssl, and there is no "openssl" in PATH')
        self.directory = directory
        self.ca, ca_key = self._path('ca.crt'), self._path('ca.key')
        self._key(ca_key)
        self._openssl('req', '-x509', '-new', '-key', ca_key, '-subj', '/CN=test-ca', '-days', '3650', '-out', self.ca)
        self.server, self.server_key = self.issue('server', '/CN=kube-apiserver', 'serverAuth',
                                                  'DNS:localhost,DNS:kubernetes,IP:127.0.0.1,IP:::1')
        self.admin, self.admin_key = self.issue('admin', '/O=system:masters/CN=admin')
        # What the aggregation layer shows to the servers behind it.
        self.front_proxy, self.front_proxy_key = self.issue('front-proxy', '/CN=front-proxy')
        self.service_account_key = self._path('service-account.key')
        self._openssl('genrsa', '-out', self.service_account_key, '2048')

    def issue(self, name, subject, usage='clientAuth', names=''):
        """A certificate and its key, as paths."""
        certificate, key, request, extensions = (self._path(name + end) for end in ('.crt', '.key', '.csr', '.ext'))
        self._key(key)
        self._openssl('req', '-new', '-key', key, '-subj', subject, '-out', request)
        pathlib.Path(extensions).write_text(f'extendedKeyUsage={usage}\n'
                                            + (f'subjectAltName={names}\n' if names else ''))
        self._openssl('x509', '-req', '-in', request, '-CA', self.ca, '-CAkey', self._path('ca.key'), '-days', '3650',
                      '-set_serial', str(secrets.randbits(63)), '-extfile', extensions, '-out', certificate)
        return certificate, key

    def self_signed(self, name):
        """A certificate that nobody else has signed and its key, as paths; other ones of this name are replaced."""
        certificate, key = self._path(name + '.crt'), self._path(name + '.key')
        self._key(key)
        self._openssl('req', '-x509', '-new', '-key', key, '-subj', f'/CN={name}', '-days', '3650', '-out', certificate)
        return certificate, key

    def _path(self, name):
        return str(self.directory / name)

    def _key(self, path):
        self._openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', path)

    @staticmethod
    def _openssl(*arguments):
        made = subprocess.run(['openssl', *arguments], capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(f'openssl {arguments[0]}: {made.stderr.strip()}')


class Server:
    """One of the two programs, under the same ports and files each time that it starts."""

    def __init__(self, command, log):
        self.command, self.log, self.process = command, log, None

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        with open(self.log, 'a') as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, preexec_fn=end_with_parent)

    def end(self, kill=False):
        if not self.alive():
            return
        self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self):
        text = pathlib.Path(self.log).read_text(errors='replace').splitlines()
        return '\n'.join(text[-15:])


class RealCluster:
    """etcd and kube-apiserver. Nobody schedules or runs the pods: objects stay as they are written.

    Attributes: `kubeconfig` (path; an administrator with a client certificate), `server` (URL), `pki`, `directory`.
    A user with nothing but the right to log in has the token `unprivileged_token`.
    """

    def __init__(self):
        """Raises Unavailable when the cluster cannot run here."""
        self.programs = programs()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='real-cluster-'))
        atexit.register(self.stop)
        self.pki = Pki(self.directory)
        self.token = secrets.token_hex(16)
        self.unprivileged_token = secrets.token_hex(16)
        self.tokens = {}  # of files from write_token_file, by path
        self._write_tokens()
        self._choose_ports()

    def _choose_ports(self):
        etcd_port, peer_port, port = free_ports(3)
        self.server = f'https://127.0.0.1:{port}'
        etcd_url, peer_url = f'http://127.0.0.1:{etcd_port}', f'http://127.0.0.1:{peer_port}'
        path = self.directory.joinpath
        self.etcd = Server([
            *self.programs['etcd'], '--name=default', f'--data-dir={path("etcd")}', '--unsafe-no-fsync',
            f'--listen-client-urls={etcd_url}', f'--advertise-client-urls={etcd_url}',
            f'--listen-peer-urls={peer_url}', f'--initial-advertise-peer-urls={peer_url}',
            f'--initial-cluster=default={peer_url}', '--log-level=warn'], path('etcd.log'))
        self.apiserver = Server([
            *self.programs['kube-apiserver'], f'--etcd-servers={etcd_url}', f'--secure-port={port}',
            '--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none',
            f'--tls-cert-file={self.pki.server}', f'--tls-private-key-file={self.pki.server_key}',
            f'--client-ca-file={self.pki.ca}', f'--token-auth-file={path("tokens.csv")}', '--authorization-mode=RBAC',
            f'--requestheader-client-ca-file={self.pki.ca}', '--requestheader-allowed-names=front-proxy',
            '--requestheader-username-headers=X-Remote-User', '--requestheader-group-headers=X-Remote-Group',
            '--requestheader-extra-headers-prefix=X-Remote-Extra-',
            f'--proxy-client-cert-file={self.pki.front_proxy}', f'--proxy-client-key-file={self.pki.front_proxy_key}',
            f'--cert-dir={path("apiserver")}', '--service-account-issuer=https://kubernetes.default.svc',
            f'--service-account-key-file={self.pki.service_account_key}',
            f'--service-account-signing-key-file={self.pki.service_account_key}',
            '--disable-admission-plugins=ServiceAccount', '--allow-privileged',
            '--service-cluster-ip-range=10.96.0.0/16'], path('kube-apiserver.log'))
        self.kubeconfig = self.write_kubeconfig(client_certificate=(self.pki.admin, self.pki.admin_key),
                                                name='kubeconfig')

    def start(self):
        """Starts what is not running and waits until /readyz says so; also after a kill."""
        first = self.apiserver.process is None
        for attempt in range(3):
            if attempt:
                self._choose_ports()  # somebody else was faster to take one
            for server in (self.etcd, self.apiserver):
                if not server.alive():
                    server.start()
            problem = self._wait_until_ready()
            if not problem:
                return self
            self.etcd.end()
            self.apiserver.end()
            if not first or 'address already in use' not in problem:
                break
        raise RuntimeError(f'the cluster did not get ready: {problem}')

    def _wait_until_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while True:
            for server in (self.etcd, self.apiserver):
                if not server.alive():
                    return f'{server.command[0]} ended:\n{server.last_words()}'
            try:
                self.request('GET', '/readyz', timeout=5)
                return None
            except (OSError, RuntimeError) as error:
                if time.monotonic() > deadline:
                    return f'{error}\n{self.apiserver.last_words()}'
            time.sleep(0.1)

    def stop(self):
        """Ends both programs and removes everything."""
        self.apiserver_and_etcd_end()
        shutil.rmtree(self.directory, ignore_errors=True)

    def apiserver_and_etcd_end(self):
        for name in ('apiserver', 'etcd'):
            server = getattr(self, name, None)
            if server:
                server.end()

    def kill_apiserver(self):
        """SIGKILL; start() brings it back with its data."""
        self.apiserver.end(kill=True)

    def kill_etcd(self):
        self.etcd.end(kill=True)

    def restart_apiserver(self):
        self.apiserver.end()
        self.start()

    def request(self, method, path, body=None, content_type='application/json', timeout=30):
        """A request as administrator; the answer, decoded if it is JSON. RuntimeError for an HTTP error."""
        context = ssl.create_default_context(cafile=self.pki.ca)
        context.load_cert_chain(self.pki.admin, self.pki.admin_key)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, data=data, method=method,
                                         headers={'Content-Type': content_type, 'Accept': 'application/json'})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(request, timeout=timeout) as response:
                text = response.read().decode()
                is_json = response.headers.get_content_type() == 'application/json'
                return json.loads(text) if is_json else text
        except urllib.error.HTTPError as error:
            raise RuntimeError(f'{method} {path}: {error.code}: {error.read().decode(errors="replace")}') from error

    def write_kubeconfig(self, token=None, token_file=None, client_certificate=None, exec_plugin=None, name=None,
                         server=None):
        """Writes a kubeconfig with these credentials, by default the administrator's token; its path."""
        user = {}
        if token_file:
            user['tokenFile'] = str(token_file)
        elif client_certificate:
            user['client-certificate'], user['client-key'] = map(str, client_certificate)
        elif exec_plugin:
            user['exec'] = exec_plugin
        else:
            user['token'] = token or self.token
        authority = base64.b64encode(pathlib.Path(self.pki.ca).read_bytes()).decode()
        document = {
            'apiVersion': 'v1', 'kind': 'Config', 'current-context': 'test',
            'clusters': [{'name': 'test', 'cluster': {'server': server or self.server,
                                                      'certificate-authority-data': authority}}],
            'users': [{'name': 'test', 'user': user}],
            'contexts': [{'name': 'test', 'context': {'cluster': 'test', 'user': 'test'}}],
        }
        path = self.directory / (name or f'kubeconfig-{secrets.token_hex(4)}')
        path.write_text(json.dumps(document, indent=1))
        return str(path)

    def write_token_file(self):
        """A file with an administrator's token of its own, valid from the API server's restart in here on; its path."""
        path = str(self.directory / f'token-{secrets.token_hex(4)}')
        self.rotate_token(path)
        return path

    def rotate_token(self, token_file):
        """Puts another token into the file; the old one is refused from now on. Restarts the API server, which reads
        its list of tokens only then."""
        self.tokens[token_file] = secrets.token_hex(16)
        self._write_tokens()
        running = self.apiserver.alive()
        if running:
            self.apiserver.end()
        # Written aside and renamed: a reader sees the old token or the new one.
        unfinished = pathlib.Path(token_file + '.new')
        unfinished.write_text(self.tokens[token_file] + '\n')
        unfinished.rename(token_file)
        if running:
            self.start()

    def _write_tokens(self):
        """token,user,uid,"groups": see the documentation of --token-auth-file."""
        lines = [f'{self.token},admin,admin,"system:masters"', f'{self.unprivileged_token},nobody,nobody']
        lines += [f'{token},file-{number},file-{number},"system:masters"'
                  for number, token in enumerate(self.tokens.values())]
        (self.directory / 'tokens.csv').write_text('\n'.join(lines) + '\n')


def main():
    if sys.argv[1:] == ['--build']:
        print(programs()['kube-apiserver'][0])
        return
    if sys.argv[1:]:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    cluster = RealCluster().start()
    print(cluster.kubeconfig, flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass


if __name__ == '__main__':
    try:
        main()
    except Unavailable as reason:
        sys.exit(f'cluster.py: {reason}')
