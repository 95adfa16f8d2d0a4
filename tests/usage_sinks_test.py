"""The sinks of the usage pillar against the real servers: InfluxDB (also over TLS), carbon, statsd, Prometheus; and
against a listener that is as strict as OpenTSDB. Each server is killed while batches come in, and started again:
nothing may be missing. usage_sinks_test.py KUBEVITALS USAGE_TEST"""
import collections
import contextlib
import datetime
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from harness import ROOT, Program, SKIPPED, eventually, free_port, request
from usage_harness import Kubelets, Usage

DRIVER = sys.argv[2] if len(sys.argv) > 2 else None
# Whole minutes that are not long ago: carbon and Prometheus do not take old points.
FIRST = int(time.time()) // 60 * 60 - 1200
POINTS = 11  # of a small batch, see test_batch() in src/usage/sinks/test_batch.cc


class Absent(Exception):
    """The server is not installed."""


def installed(name):
    path = shutil.which(name)
    if not path:
        raise Absent(f'{name} is not installed')
    return path


def send(uri, batches=2, pause=0, wait=True, **more):
    """Runs the driver; its output, or the running process."""
    env = {**os.environ, 'KUBEVITALS_SINK_URI': uri, 'KUBEVITALS_SINK_BATCHES': str(batches),
           'KUBEVITALS_SINK_PAUSE': str(pause), 'KUBEVITALS_SINK_TIME': str(FIRST), **more}
    process = subprocess.Popen([DRIVER, '--gtest_filter=SinkServer.*'], env=env, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    return done(process) if wait else process


def done(process):
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return re.search(r'^sent .*$', output, re.M).group(0)


def send_while_killed(uri, server, start):
    """Sends 12 batches in 6 s; meanwhile the server is killed and started again."""
    process = send(uri, batches=12, pause=500, wait=False)
    time.sleep(1.7)
    server.kill()
    time.sleep(1.5)
    server = start()
    print('  killed and restarted:', done(process))
    return server


class Influxdb:
    def __init__(self, directory, tls=False):
        self.port, self.tls, rpc = free_port(), tls, free_port()
        self.config = pathlib.Path(directory) / 'influxdb.conf'
        self.config.write_text(f'''reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{directory}/meta"
[data]
  dir = "{directory}/data"
  wal-dir = "{directory}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{self.port}"
  https-enabled = {str(tls).lower()}
  https-certificate = "{directory}/cert.pem"
  https-private-key = "{directory}/key.pem"
''')

    def start(self):
        return Program([installed('influxd'), '-config', self.config], self.port)

    def query(self, statement, database):
        parameters = urllib.parse.urlencode({'q': statement, 'db': database})
        scheme = 'https' if self.tls else 'http'
        text = subprocess.run(['curl', '-sk', f'{scheme}://127.0.0.1:{self.port}/query?{parameters}'], check=True,
                              capture_output=True, text=True).stdout
        return json.loads(text)['results'][0].get('series', [])

    def times(self, database):
        """The batches whose mark is there."""
        rows = self.query('SELECT value FROM "memory/usage" WHERE type=\'node\'', database)[0]['values']
        return sorted(row[1] - 7_000_000 for row in rows)


def test_influxdb():
    with tempfile.TemporaryDirectory() as directory:
        influxdb = Influxdb(directory)
        server = influxdb.start()
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: server.kill())
            uri = f'influxdb:http://127.0.0.1:{influxdb.port}'
            print('  two batches:', send(f'{uri}?retention=48h'))
            policies = influxdb.query('SHOW RETENTION POLICIES', 'k8s')[0]['values']
            assert policies == [['default', '48h0m0s', '24h0m0s', 1, True]], policies
            counts = influxdb.query('SELECT count(*) FROM /.*/', 'k8s')
            assert sum(series['values'][0][1] for series in counts) == 2 * POINTS, counts
            send(f'{uri}?db=fields&withfields=true&cluster_name=c&disable_counter_metrics=true')
            series = influxdb.query('SHOW SERIES', 'fields')[0]['values']
            assert ['cpu,cluster_name=c,type=cluster'] in series, series
            assert not influxdb.query('SELECT "usage" FROM cpu', 'fields')
            server = send_while_killed(f'{uri}?db=killed', server, influxdb.start)
            assert influxdb.times('killed') == list(range(12)), influxdb.times('killed')
            influxdb.query('DROP DATABASE killed', 'killed')
            print('  30 nodes:', send(f'{uri}?db=big&concurrency=4', batches=1, KUBEVITALS_SINK_NODES='30'))


def test_influxdb_tls():
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
                        '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout',
                        f'{directory}/key.pem', '-out', f'{directory}/cert.pem'], check=True, capture_output=True)
        influxdb = Influxdb(directory, tls=True)
        with influxdb.start():
            uri = f'influxdb:https://127.0.0.1:{influxdb.port}?db=tls'
            print('  insecure:', send(f'{uri}&insecuressl=true'))
            print('  with an authority:', send(f'{uri}&cacert={directory}/cert.pem'))
            assert influxdb.times('tls') == [0, 1]
            process = send(uri, wait=False)
            time.sleep(3)
            process.kill()
            output = process.communicate()[0]
            assert 'certificate' in output, output


def test_the_program():
    """`kubevitals usage` itself: what it collects while the server is away comes later, and what is left at its end too."""
    with tempfile.TemporaryDirectory() as directory, Kubelets(sys.argv[1], tls=False) as sim:
        influxdb = Influxdb(directory)
        server = influxdb.start()
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: server.kill())
            source = f'kubernetes.summary_api:{sim.address}?inClusterConfig=false&kubeletPort={sim.kubelet_port}'
            usage = stack.enter_context(Usage(sys.argv[1], sim, f'--sink=influxdb:http://127.0.0.1:{influxdb.port}', '--sink=log',
                                              source=source, verified=False))
            sent = lambda: usage.metric('kubevitals_usage_sink_sent_batches_total', sink='influxdb')  # noqa: E731
            eventually(lambda: sent() >= 2, 40, 'two batches sent')
            server.kill()
            time.sleep(16)  # three cycles
            queued = usage.metric('kubevitals_usage_sink_queue_batches', sink='influxdb')
            assert queued >= 3, queued
            assert usage.metric('kubevitals_usage_sink_healthy', sink='influxdb') == 0
            assert usage.metric('kubevitals_usage_sink_healthy', sink='log') == 1
            probe = request(usage.port, '/readyz?verbose')
            assert probe.status == 200 and '[-]sink influxdb' in probe.text and '[+]sink log ok' in probe.text, probe.text
            server = influxdb.start()
            before = sent()
            eventually(lambda: sent() >= before + queued, 60, 'what was queued is sent')
            assert usage.metric('kubevitals_usage_sink_retries_total', sink='influxdb') > 0
            assert usage.metric('kubevitals_usage_sink_dropped_batches_total') == 0
            assert usage.stop() == 0
            # All batches that were written to the log are there, and each has all its nodes.
            logged = usage.output().count('MetricSet: cluster')
            rows = influxdb.query('SELECT value FROM "memory/usage" WHERE type=\'cluster\'', 'k8s')[0]['values']
            times = sorted(datetime.datetime.fromisoformat(row[0].replace('Z', '+00:00')).timestamp() for row in rows)
            assert len(times) == logged >= 5, (len(times), logged)
            assert {later - earlier for earlier, later in zip(times, times[1:])} == {5}, times
            nodes = influxdb.query('SELECT count(value) FROM "memory/usage" WHERE type=\'node\'', 'k8s')[0]['values']
            assert nodes[0][1] == 6 * logged, (nodes, logged)
            print(f'  {logged} batches, {queued:.0f} of them queued while the server was away')


def test_graphite():
    with tempfile.TemporaryDirectory() as directory:
        line, udp, pickle, query = (free_port() for _ in range(4))
        configuration = pathlib.Path(directory) / 'carbon.conf'
        configuration.write_text(f'''[cache]
CONF_DIR = {directory}
LOG_DIR = {directory}
PID_DIR = {directory}
STORAGE_DIR = {directory}
LOCAL_DATA_DIR = {directory}/whisper
MAX_CREATES_PER_MINUTE = inf
MAX_UPDATES_PER_SECOND = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = {line}
ENABLE_UDP_LISTENER = True
UDP_RECEIVER_INTERFACE = 127.0.0.1
UDP_RECEIVER_PORT = {line}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = {pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = {query}
USE_FLOW_CONTROL = False
''')
        (pathlib.Path(directory) / 'storage-schemas.conf').write_text('[all]\npattern = .*\nretentions = 60s:1d\n')

        def start():
            for pid in pathlib.Path(directory).glob('*.pid'):
                pid.unlink()
            return Program([installed('carbon-cache'), f'--config={configuration}', '--debug', '--nodaemon',
                            'start'], line)

        def values(path):
            file = pathlib.Path(directory) / 'whisper' / (path.replace('.', '/') + '.wsp')
            text = subprocess.run(['whisper-fetch', f'--from={FIRST - 60}', file], capture_output=True, text=True,
                                  check=False).stdout
            return [float(row.split()[1]) for row in text.splitlines() if row.split()[1] != 'None']

        server = start()
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: server.kill())
            for protocol in ('tcp', 'udp'):
                print(f'  {protocol}:', send(f'graphite:{protocol}://127.0.0.1:{line}?prefix={protocol}'))
                expected = [7_000_000, 7_000_001]
                eventually(lambda: values(f'{protocol}.nodes.node-0_example.memory.usage') == expected, 20,
                           f'points over {protocol}')
                files = len(list((pathlib.Path(directory) / 'whisper' / protocol).rglob('*.wsp')))
                assert files == POINTS - 1, files  # two file systems share a path

            # Carbon writes once a second or so, and loses what it has read and not written when it is killed: so
            # that happens two seconds after a batch, and a second before the next one.
            process = send(f'graphite:tcp://127.0.0.1:{line}?prefix=killed', batches=5, pause=3000, wait=False)
            time.sleep(5.2)
            server.kill()
            time.sleep(2)
            server = start()
            print('  killed and restarted:', done(process))
            expected = [7_000_000 + i for i in range(5)]
            eventually(lambda: values('killed.nodes.node-0_example.memory.usage') == expected, 20,
                       'all points after a restart')


def test_statsd():
    tools = ROOT / 'build' / 'tools'
    program = tools / 'node_modules' / 'statsd' / 'stats.js'
    if not program.exists():
        installed('npm')
        tools.mkdir(parents=True, exist_ok=True)
        if subprocess.run(['npm', 'install', '--no-save', '--no-optional', '--prefix', tools, 'statsd'],
                          capture_output=True, check=False).returncode != 0 or not program.exists():
            raise Absent('statsd cannot be installed with npm')
    port, management = free_port(), free_port()
    with tempfile.TemporaryDirectory() as directory:
        configuration = pathlib.Path(directory) / 'statsd.js'
        configuration.write_text(json.dumps({'port': port, 'address': '127.0.0.1', 'mgmt_port': management,
                                             'mgmt_address': '127.0.0.1', 'backends': [],
                                             'flushInterval': 600000}))

        def gauges():
            with socket.create_connection(('127.0.0.1', management), 5) as connection:
                connection.sendall(b'gauges\n')
                text = b''
                while b'END' not in text:
                    text += connection.recv(65536)
            # It prints an object of JavaScript, not JSON.
            return dict(re.findall(r"'?([^\s',{}]+(?: [^\s']+)*)'?: ([0-9.e+]+)", text.decode()))

        with Program([installed('node'), program, configuration], management):
            print('  etsy:', send(f'statsd:udp://127.0.0.1:{port}?prefix=k8s'))
            seen = eventually(lambda: gauges() if len(gauges()) >= POINTS else None, 10, 'gauges')
            mark = [value for name, value in seen.items() if name.endswith('memory/usage') or
                    name.endswith('memory-usage')]
            assert '7000001' in mark, seen
            print('  influx:', send(f'statsd:udp://127.0.0.1:{port}?prefix=i.&protocolType=influxstatsd'))
            eventually(lambda: len(gauges()) >= 2 * POINTS, 10, 'gauges with tags')


def test_prometheus():
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        configuration = pathlib.Path(directory) / 'prometheus.yml'
        configuration.write_text('global: {}\n')

        def start():
            return Program([installed('prometheus'), f'--config.file={configuration}',
                            f'--storage.tsdb.path={directory}/data', f'--web.listen-address=127.0.0.1:{port}',
                            '--web.enable-remote-write-receiver'], port)

        def query(expression, at=FIRST + 1200):
            path = '/api/v1/query?' + urllib.parse.urlencode({'query': expression, 'time': at})
            response = request(port, path)
            assert response.status == 200, response.text
            return json.loads(response.text)['data']['result']

        server = start()
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: server.kill())
            eventually(lambda: request(port, '/-/ready').status == 200, 30, 'Prometheus')
            uri = f'remote_write:http://127.0.0.1:{port}/api/v1/write'
            print('  two batches:', send(f'{uri}?prefix=t_&cluster_name=c'))
            for at in (FIRST, FIRST + 60):
                points = query('count({__name__=~"t_.*"})', at)
                assert points[0]['value'][1] == str(POINTS), points
            labels = query('last_over_time(t_cpu_limit[30m])')[0]['metric']
            assert labels == {'__name__': 't_cpu_limit', 'cluster': 'c', 'container_base_image': 'registry/app:1',
                              'container_name': 'app', 'label_app': 'web', 'label_team_x': 'a',
                              'namespace_name': 'default', 'nodename': 'node-0', 'pod_name': 'web.0',
                              'type': 'pod_container'}, labels
            server = send_while_killed(f'{uri}?prefix=k_', server, start)
            eventually(lambda: request(port, '/-/ready').status == 200, 30, 'Prometheus')
            values = query('k_memory_usage{type="node"}[30m]')[0]['values']
            assert [int(value) - 7_000_000 for _, value in values] == list(range(12)), values
            print('  30 nodes:', send(f'{uri}?prefix=big_', batches=1, KUBEVITALS_SINK_NODES='30'))


class Opentsdb(http.server.BaseHTTPRequestHandler):
    """Takes what OpenTSDB takes; its table of points is the server's."""
    protocol_version = 'HTTP/1.1'
    NAME = re.compile(r'^[A-Za-z0-9\-_./]+$')

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        if self.path != '/api/put?summary' or not self.headers['Content-Type'].startswith('application/json'):
            return self.answer(404, {})
        failed = 0
        points = json.loads(body)
        for point in points:
            names = [point['metric'], *point['tags'], *point['tags'].values()]
            if set(point) == {'metric', 'timestamp', 'value', 'tags'} and point['tags'] and \
                    all(self.NAME.match(name) for name in names) and isinstance(point['timestamp'], int) and \
                    isinstance(point['value'], (int, float)):
                key = (point['metric'], tuple(sorted(point['tags'].items())), point['timestamp'])
                self.server.points[key] = point['value']
            else:
                failed += 1
        self.server.requests.append(len(points))
        self.answer(400 if failed else 200, {'success': len(points) - failed, 'failed': failed})

    def answer(self, status, document):
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def test_opentsdb():
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Opentsdb)
    server.points, server.requests = {}, collections.deque()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    uri = f'opentsdb:http://127.0.0.1:{server.server_port}?cluster=c'
    print('  two batches:', send(uri))
    assert len(server.points) == 2 * (POINTS - 2), len(server.points)  # those with labels are left out
    key = ('memory_usage_gauge', (('cluster', 'c'), ('hostname', 'node-0.example'), ('labels', 'zone_a_b'),
                                  ('nodename', 'node-0'), ('type', 'node')), FIRST + 60)
    assert server.points[key] == 7_000_001, server.points
    print('  30 nodes:', send(uri, batches=1, KUBEVITALS_SINK_NODES='30'))
    assert max(server.requests) <= 1000 < sum(server.requests), server.requests
    server.shutdown()


def main():
    if DRIVER is None:
        print('SKIPPED: usage_sinks_test.py: usage_test was not built')
        sys.exit(SKIPPED)
    ran = 0
    for name, test in list(globals().items()):
        if not name.startswith('test_') or (len(sys.argv) > 3 and name not in sys.argv[3:]):
            continue
        print(name, flush=True)
        try:
            test()
            ran += 1
        except Absent as absent:
            print(f'SKIPPED: {name}: {absent}')
    sys.exit(0 if ran else SKIPPED)


main()
