"""What the end-to-end tests share: processes, ports, scrapes, samples. Python's standard library only."""
import collections
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = 77  # ctest's SKIP_RETURN_CODE, see tests/CMakeLists.txt
RESOURCES = ('pods', 'nodes', 'namespaces', 'deployments', 'replicasets', 'services')
PATHS = {'pods': '/api/v1/pods', 'nodes': '/api/v1/nodes', 'namespaces': '/api/v1/namespaces',
         'services': '/api/v1/services', 'deployments': '/apis/apps/v1/deployments',
         'replicasets': '/apis/apps/v1/replicasets'}


def skip(reason):
    """Ends the test program as skipped; ./test prints the reason."""
    print(f'SKIPPED: {pathlib.Path(sys.argv[0]).name}: {reason}')
    sys.exit(SKIPPED)


def free_port():
    """Below the ports that connections get by themselves, so that none of them takes it in the meantime."""
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(('', port))
            except OSError:
                continue
            return port


def eventually(check, seconds=30, message='condition'):
    """Calls `check` until it returns something true; that is the result."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            result = check()
            if result:
                return result
            last = result
        except (OSError, AssertionError, http.client.HTTPException) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f'{message} did not come true in {seconds} s: {last!r}')
        time.sleep(0.1)


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        body = gzip.decompress(self.body) if self.headers.get('Content-Encoding') == 'gzip' else self.body
        return body.decode()


def request(port, path, method='GET', headers=None, body=None, timeout=60, host='127.0.0.1'):
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return Response(response.status, response.headers, response.read())


def get_json(port, path):
    response = request(port, path)
    assert response.status == 200, (path, response.status, response.text[:300])
    return json.loads(response.text)


class Program:
    """A running `kubevitals` subcommand (or any other program); stopped at the end of a with block."""

    def __init__(self, arguments, ready_port=None, env=None, seconds=60):
        self.log = tempfile.NamedTemporaryFile('w+', prefix='kubevitals-test-', suffix='.log')
        self.arguments = [str(argument) for argument in arguments]
        self.ready_port, self.env, self.seconds = ready_port, {**os.environ, **(env or {})}, seconds
        self.start()

    def start(self):
        """Also after kill() or stop(), with the same arguments."""
        self.process = subprocess.Popen(self.arguments, stdout=self.log, stderr=subprocess.STDOUT, env=self.env)
        if self.ready_port:
            eventually(lambda: self.listens(self.ready_port), self.seconds,
                       f'{self.arguments[0]} listening on {self.ready_port}')

    def listens(self, port):
        if self.process.poll() is not None:
            raise RuntimeError(f'the program ended with {self.process.returncode}: {self.output()[-2000:]}')
        with contextlib.suppress(OSError):
            socket.create_connection(('127.0.0.1', port), 1).close()
            return True
        return False

    def output(self):
        with open(self.log.name) as file:
            return file.read()

    def stop(self, seconds=30):
        """SIGTERM; the exit status. Kills, and fails, what does not end in time."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f'SIGTERM did not end the program in {seconds} s: {self.output()[-2000:]}')

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        self.log.close()


class Sim(Program):
    """`kubevitals sim`; with `kubelets` on a free port of theirs, `kubelet_port`."""

    def __init__(self, binary, *arguments, port=None, kubelets=False):
        self.port = port or free_port()
        if kubelets:
            self.kubelet_port = free_port()
            arguments = ['--kubelets', '--kubelet-port', self.kubelet_port, *arguments]
        super().__init__([binary, 'sim', '--listen', f'127.0.0.1:{self.port}', *arguments], self.port)
        self.address = f'http://127.0.0.1:{self.port}'

    def kubelet(self, node, path, method='GET', headers=None, body=None):
        """The answer of the kubelet of the node with this index, without TLS."""
        return request(self.kubelet_port, path, method, headers, body, host=f'127.128.{(node + 1) >> 8}.{(node + 1) & 255}')

    def fault(self, **fault):
        """Adds a fault, e.g. fault(kind='dead', resource='kubelet', percent=5); what the simulator answers."""
        return json.loads(self.post('/sim/faults', fault))

    def end_faults(self):
        assert request(self.port, '/sim/faults', 'DELETE').status == 200

    def get(self, path):
        response = request(self.port, path, headers={'Accept': 'application/json'}, timeout=120)
        assert response.status == 200, (path, response.status, response.body[:300])
        return json.loads(response.body)

    def post(self, path, document=None):
        response = request(self.port, path, 'POST', {'Content-Type': 'application/json'},
                           json.dumps(document) if document is not None else None, timeout=120)
        assert response.status in (200, 201), (path, response.status, response.body[:300])
        return response.body


class State(Program):
    """`kubevitals state`."""

    def __init__(self, binary, *arguments, resources=RESOURCES, env=None):
        self.port, self.telemetry = free_port(), free_port()
        super().__init__([binary, 'state', '--host', '127.0.0.1', '--port', self.port, '--telemetry-host', '127.0.0.1',
                          '--telemetry-port', self.telemetry, '--resources', ','.join(resources), *arguments],
                         self.port, env=env)

    def scrape(self, path='/metrics', gzipped=True):
        response = request(self.port, path, headers={'Accept-Encoding': 'gzip'} if gzipped else {}, timeout=120)
        assert response.status == 200, response.status
        return response.text

    def synced(self, seconds=60):
        eventually(lambda: request(self.telemetry, '/readyz').status == 200, seconds, 'ready')
        return self


class Discover(Program):
    """`kubevitals discover`."""

    def __init__(self, binary, config, *arguments, ready=True):
        self.port = free_port()
        super().__init__([binary, 'discover', '--config.file', config, '--host', '127.0.0.1', '--port', self.port,
                          *arguments], self.port)
        if ready:
            eventually(lambda: request(self.port, '/-/ready').status == 200, message='ready')

    def sd(self, job, seconds=30, **parameters):
        """The http_sd document of a job, as soon as its mechanisms have answered."""
        path = '/sd/v1/jobs' + ('/' + urllib.parse.quote(job, safe='') if job else '')
        if parameters:
            path += '?' + urllib.parse.urlencode(parameters)

        def answered():
            response = request(self.port, path)
            assert response.status == 200, (path, response.status, response.text[:300])
            return response

        return json.loads(eventually(answered, seconds, path).text)

    def addresses(self, job):
        return sorted(address for address, _ in flat(self.sd(job)))

    def follows(self, job, addresses, seconds=30):
        """Waits until these are the targets of the job."""
        eventually(lambda: self.addresses(job) == sorted(addresses), seconds, f'targets {addresses} of {job}')

    def metric(self, name, **labels):
        """The sum of the own metric's samples that have these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(float(line.rsplit(' ', 1)[1]) for line in request(self.port, '/metrics').text.splitlines()
                   if re.split('[{ ]', line, maxsplit=1)[0] == name and all(label in line for label in wanted))

    def healthy(self, job):
        return self.metric('kubevitals_sd_healthy', config=job) == 1

    def ails(self, job, seconds=60):
        """Waits until the mechanism of the job does not work."""
        eventually(lambda: not self.healthy(job), seconds, f'{job} ails')

    def recovers(self, job, seconds=60):
        eventually(lambda: self.healthy(job), seconds, f'{job} recovers')


def flat(groups):
    """http_sd groups as (address, labels) pairs, sorted."""
    return sorted((address, tuple(sorted(group['labels'].items()))) for group in groups
                  for address in group['targets'])


def labels_of(groups, address):
    return next(dict(labels) for found, labels in flat(groups) if found == address)


def samples(text):
    """The sample lines of an exposition with their counts; labels as they stand."""
    return collections.Counter(line for line in text.splitlines() if line and not line.startswith('#'))


def render(binary, document):
    """The samples that `kubevitals render` gives for a JSON document."""
    result = subprocess.run([binary, 'render', '-f', '-'], input=json.dumps(document), capture_output=True, text=True,
                            timeout=300)
    assert result.returncode == 0, result.stderr[-2000:]
    return samples(result.stdout)


def expected_samples(binary, get, resources=RESOURCES):
    """What the metrics must be for the objects that the API server lists now. `get` fetches a path as JSON."""
    total = collections.Counter()
    for resource in resources:
        document = get(PATHS[resource])
        total += render(binary, document)
    return total


def difference(got, want, show=10):
    """None when equal, otherwise a text that shows what is missing and what is too much."""
    missing, unwanted = want - got, got - want
    if not missing and not unwanted:
        return None
    lines = [f'{sum(missing.values())} missing, {sum(unwanted.values())} unwanted samples']
    lines += [f'  missing  {line}' for line in list(missing)[:show]]
    lines += [f'  unwanted {line}' for line in list(unwanted)[:show]]
    return '\n'.join(lines)


def assert_follows(binary, get, state, seconds=60):
    """Waits until the metrics are exactly those of the listed objects (the cluster must be at rest)."""
    deadline = time.monotonic() + seconds
    while True:
        want = expected_samples(binary, get)
        problem = difference(samples(state.scrape()), want)
        if problem is None:
            return want
        if time.monotonic() > deadline:
            raise AssertionError(f'the metrics differ from the cluster: {problem}\n{state.output()[-3000:]}')
        time.sleep(0.5)
