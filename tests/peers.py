"""Other people's servers that the end-to-end tests run kubevitals against. Each keeps its files in a directory."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from harness import Program, eventually, free_port, get_json, request

PROMETHEUS = shutil.which(os.environ.get('KUBEVITALS_PROMETHEUS', 'prometheus'))
ZOOKEEPER = '/usr/share/java/zookeeper.jar'


class Prometheus(Program):
    """A configuration that it does not take is a RuntimeError."""

    def __init__(self, directory, jobs):
        self.config = pathlib.Path(directory, 'prometheus.yml')
        self.config.write_text(json.dumps({'global': {'scrape_interval': '1h', 'scrape_timeout': '10s'},
                                           'scrape_configs': jobs}))
        self.port = free_port()
        super().__init__([PROMETHEUS, f'--config.file={self.config}', f'--storage.tsdb.path={directory}/data',
                          f'--web.listen-address=127.0.0.1:{self.port}', '--log.level=error'], self.port)

    def targets(self):
        return get_json(self.port, '/api/v1/targets')['data']


def known_to_prometheus(jobs):
    """Those of the jobs whose mechanisms this Prometheus has: Debian's lacks some."""
    def refusal(some):
        with tempfile.TemporaryDirectory() as directory:
            try:
                with Prometheus(directory, some):
                    return None
            except RuntimeError as error:
                return str(error)

    if not refusal(jobs):
        return jobs
    known = []
    for job in jobs:
        reason = refusal([job])
        assert not reason or 'not found in type' in reason or 'invalid DNS-SD' in reason, reason
        if not reason:
            known.append(job)
    unknown = ', '.join(job['job_name'] for job in jobs if job not in known)
    print(f'\nSKIPPED: {pathlib.Path(sys.argv[0]).name}: {PROMETHEUS} has not what finds {unknown}')
    return known


# Newer than Debian's Prometheus.
NOT_COMPARED = ('__scrape_native_histograms__', '__always_scrape_classic_histograms__',
                '__convert_classic_histograms_to_nhcb__')


def compared(target):
    discovered = {name: value for name, value in target['discoveredLabels'].items() if name not in NOT_COMPARED}
    return tuple(sorted(discovered.items())), tuple(sorted((target.get('labels') or {}).items()))


def assert_same_as_prometheus(binary, jobs, counts):
    """`kubevitals targets` and a Prometheus find the same: targets, discovered and final labels. `counts` says of some
    jobs how many they have."""
    jobs = known_to_prometheus(jobs)
    with tempfile.TemporaryDirectory() as directory, Prometheus(directory, jobs) as server:
        found = json.loads(subprocess.run([binary, 'targets', '--config.file', server.config], capture_output=True,
                                          text=True, timeout=60, check=True).stdout)
        sizes = {job: len(targets) for job, targets in found.items()}
        assert all(size == counts.get(job, size) for job, size in sizes.items()), sizes
        mine = {(job, compared(target)) for job, targets in found.items() for target in targets}

        def same():
            data = server.targets()
            other = {(target['discoveredLabels']['job'], compared(target))
                     for target in data['activeTargets'] + data['droppedTargets']}
            assert other == mine, f'only in one of both: {sorted(other - mine)[:2]} {sorted(mine - other)[:2]}'
            return True
        eventually(same, 60, 'the same targets')
    print(f'as {PROMETHEUS}: {sizes}')


class NameServer(Program):
    """bind9, on port 53 of 127.0.0.1. It knows the zone example.test, and that there is nothing else."""

    def __init__(self, directory, records):
        self.directory, self.serial = pathlib.Path(directory), 0
        (self.directory / 'named.conf').write_text(f'''
            options {{ directory "{directory}"; listen-on {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;
                       pid-file none; session-keyfile none; dnssec-validation no; }};
            controls {{}};
            zone "example.test" {{ type primary; file "zone"; }};
            zone "." {{ type primary; file "root"; }};''')
        (self.directory / 'root').write_text('$TTL 1\n@ SOA ns admin 1 60 60 60 1\n@ NS ns\nns A 127.0.0.1\n')
        self.write(records)
        super().__init__(['named', '-g', '-c', self.directory / 'named.conf'])

    def start(self):
        def loaded():
            return self.output().count('zone example.test/IN: loaded')

        before = loaded()
        super().start()
        eventually(lambda: loaded() > before, 10, 'the zone')

    def write(self, records):
        self.serial += 1
        lines = ['$TTL 1', f'@ SOA ns admin {self.serial} 60 60 60 1', '@ NS ns', 'ns A 127.0.0.1', *records]
        (self.directory / 'zone').write_text('\n'.join(lines) + '\n')


class ZooKeeper(Program):
    """Debian's."""

    def __init__(self, directory):
        self.port = free_port()
        self.address = f'127.0.0.1:{self.port}'
        config = pathlib.Path(directory, 'zoo.cfg')
        config.write_text(f'dataDir={directory}/data\nclientPort={self.port}\nclientPortAddress=127.0.0.1\n'
                          'tickTime=200\nadmin.enableServer=false\n')
        super().__init__([*self.java('server.ZooKeeperServerMain'), config], self.port)

    @staticmethod
    def java(main):
        return ['java', '-Xmx64m', '-XX:TieredStopAtLevel=1', '-cp', ZOOKEEPER, f'org.apache.zookeeper.{main}']

    def run(self, *commands):
        """Of its own client: "create /path data"."""
        result = subprocess.run([*self.java('ZooKeeperMain'), '-waitforconnection', '-server', self.address],
                                input=''.join(f'{command}\n' for command in commands), capture_output=True, text=True,
                                timeout=60)
        for failure in ('KeeperErrorCode', 'does not exist', 'already exists', 'Exception'):
            assert failure not in result.stderr, result.stderr[-1000:]


class Consul(Program):
    """A development agent, which forgets everything when it ends. Nothing is told without the token."""

    TOKEN = '7f1ae6bd-2f4c-4d5a-9d0e-1a5b6c7d8e9f'

    def __init__(self, binary):
        self.port, self.server_port = free_port(), free_port()
        self.address = f'127.0.0.1:{self.port}'
        tokens = f'initial_management = "{self.TOKEN}", agent = "{self.TOKEN}"'
        acl = f'acl {{ enabled = true, default_policy = "deny", tokens {{ {tokens} }} }}'
        super().__init__([binary, 'agent', '-dev', '-node', 'here', '-datacenter', 'east', '-node-meta', 'rack:r-1',
                          '-http-port', self.port, '-serf-lan-port', free_port(), '-server-port', self.server_port,
                          '-serf-wan-port', '-1', '-dns-port', '-1', '-grpc-port', '-1', '-grpc-tls-port', '-1',
                          '-hcl', acl])

    def start(self):
        super().start()
        catalog = '/v1/catalog/services?node-meta=rack:r-1'
        eventually(lambda: 'consul' in self.call('GET', catalog).text, 60, 'the node in the catalog')

    def call(self, method, path, document=None):
        return request(self.port, path, method, {'X-Consul-Token': self.TOKEN},
                       None if document is None else json.dumps(document))

    def put(self, path, document=None):
        response = self.call('PUT', path, document)
        assert response.status == 200, (path, response.status, response.text)

    def register(self, name, id, port, tags=(), **more):
        """A service of this node, with a check that passes."""
        self.put('/v1/agent/service/register', {
            'Name': name, 'ID': id, 'Port': port, 'Tags': list(tags), **more,
            'Check': {'CheckID': f'check-{id}', 'TTL': '1h', 'Status': 'passing'}})

    def deregister(self, id):
        self.put(f'/v1/agent/service/deregister/{id}')


class Eureka(Program):
    """Spring Cloud's server; an executable JAR. It forgets everything when it ends."""

    def __init__(self, jar):
        self.port = free_port()
        self.address = f'http://127.0.0.1:{self.port}/eureka'
        super().__init__(['java', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-jar', jar, f'--server.port={self.port}',
                          '--server.address=127.0.0.1', '--eureka.server.use-read-only-response-cache=false',
                          '--eureka.client.register-with-eureka=false', '--eureka.client.fetch-registry=false'],
                         self.port)

    def call(self, method, path, document=None):
        response = request(self.port, '/eureka/apps' + path, method, {'Content-Type': 'application/json'},
                           None if document is None else json.dumps({'instance': document}))
        assert response.status in (200, 204), (path, response.status, response.text[:300])

    def register(self, app, host, port, **more):
        self.call('POST', f'/{app}', {
            'instanceId': f'{host}:{port}', 'hostName': host, 'app': app, 'ipAddr': '10.0.0.1', 'status': 'UP',
            'port': {'$': port, '@enabled': 'true'},
            'dataCenterInfo': {'@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', 'name': 'MyOwn'},
            **more})
