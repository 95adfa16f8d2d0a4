#!/usr/bin/env python3
"""Measures `kubevitals usage` on the kubelets of a simulated cluster, alone or beside Heapster and metrics-server.

usage: bench/usage.py [--binary build/release/kubevitals] [--nodes 1000] [--pods-per-node 30] [--only resource,...]
                      [--metrics-server PATH] [--heapster PATH] [--json FILE]

  resource  /metrics/resource over TLS each 30 s (--resolution), without history: CPU of a cycle, memory, time of all
            pods over the metrics API
  summary   /stats/summary with all processors and the in-memory sink each 30 s: the same, and of the export
  hanging   5 % of the kubelets accept and never answer: when the others' values are there, and the batch

CPU is the server's own (user and system) over whole periods, read from /proc; memory is resident after the last one;
times are the client's, the median of five. With a peer's path its figures stand beside ours, from the same run.
"""
import argparse
import http.client
import json
import os
import pathlib
import platform
import ssl
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from state import Process, free_port  # noqa: E402

CYCLES = 2  # that are measured


def fetch(port, path, tls=False, timeout=300):
    if tls:
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection('127.0.0.1', port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
    begin = time.monotonic()
    connection.request('GET', path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body, time.monotonic() - begin


def median_time(port, path, tls=False):
    times, size = [], 0
    for _ in range(5):
        status, body, seconds = fetch(port, path, tls)
        assert status == 200, (path, status, body[:200])
        times.append(seconds)
        size = len(body)
    return sorted(times)[2], size


class Cluster:
    def __init__(self, options, logs, tls):
        self.port, self.kubelets = free_port(), free_port()
        arguments = [options.binary, 'sim', '--listen', f'127.0.0.1:{self.port}', '--nodes', str(options.nodes),
                     '--pods', str(options.nodes * options.pods_per_node), '--churn', '0', '--kubelets',
                     '--kubelet-port', str(self.kubelets)]
        if tls:
            self.ca = logs / 'kubelet-ca.pem'
            arguments += ['--kubelet-tls', '--write-kubelet-ca', str(self.ca)]
        self.process = Process(arguments, logs / 'sim.log')
        self.process.wait_for_port(self.port)
        self.address = f'http://127.0.0.1:{self.port}'

    def kubeconfig(self, logs):
        path = logs / 'kubeconfig'
        path.write_text(json.dumps({
            'apiVersion': 'v1', 'kind': 'Config', 'current-context': 'sim',
            'clusters': [{'name': 'sim', 'cluster': {'server': self.address}}],
            'users': [{'name': 'sim', 'user': {}}],
            'contexts': [{'name': 'sim', 'context': {'cluster': 'sim', 'user': 'sim'}}]}))
        return str(path)

    def stop(self):
        self.process.stop()


class Kubevitals:
    name = 'kubevitals'

    def __init__(self, options, logs, cluster, source):
        self.port, self.resolution = free_port(), options.resolution
        arguments = [options.binary, 'usage', '--apiserver', cluster.address, '--port', str(self.port),
                     '--metric-resolution', f'{options.resolution}s']
        if source == 'resource':
            # As metrics-server, which keeps no history.
            arguments += ['--disable-metric-sink', '--source=kubernetes.resource', '--kubelet-port', str(cluster.kubelets),
                          '--kubelet-certificate-authority', str(cluster.ca),
                          '--kubelet-preferred-address-types=InternalIP']
        else:
            arguments += [f'--source=kubernetes.summary_api:{cluster.address}?inClusterConfig=false'
                          f'&kubeletPort={cluster.kubelets}']
        self.process = Process(arguments, logs / 'kubevitals.log')
        self.process.wait_for_port(self.port)

    def metric(self, name):
        text = fetch(self.port, '/metrics')[1].decode()
        return float(next(line for line in text.splitlines() if line.startswith(name)).split()[1])

    def wait_for_cycle(self, number):
        deadline = time.monotonic() + 5 * self.resolution
        while self.metric('kubevitals_usage_cycles_total') < number:
            assert time.monotonic() < deadline, 'no cycle ends'
            time.sleep(0.2)

    def pods(self):
        return median_time(self.port, '/apis/metrics.k8s.io/v1beta1/pods')

    def export(self):
        return median_time(self.port, '/api/v1/metric-export')


class MetricsServer:
    """Without authentication, on one port."""
    name = 'metrics-server'

    def __init__(self, options, logs, cluster, source):
        assert source == 'resource'
        self.port, self.resolution = free_port(), options.resolution
        config = cluster.kubeconfig(logs)
        self.process = Process(
            [options.metrics_server, '--kubeconfig', config, '--authentication-kubeconfig', config,
             '--authorization-kubeconfig', config, '--authorization-always-allow-paths=*', '--secure-port',
             str(self.port), '--cert-dir', str(logs / 'certs'), '--metric-resolution', f'{options.resolution}s',
             '--kubelet-port', str(cluster.kubelets), '--kubelet-certificate-authority', str(cluster.ca),
             '--kubelet-preferred-address-types=InternalIP', '--authentication-skip-lookup'],
            logs / 'metrics-server.log')
        self.begin = time.monotonic()
        self.process.wait_for_port(self.port)

    def wait_for_cycle(self, number):
        time.sleep(max(0, self.begin + self.resolution * number + 12 - time.monotonic()))

    def pods(self):
        return median_time(self.port, '/apis/metrics.k8s.io/v1beta1/pods', tls=True)


class Heapster:
    name = 'heapster'

    def __init__(self, options, logs, cluster, source):
        assert source == 'summary'
        self.port, self.resolution = free_port(), options.resolution
        self.process = Process(
            [options.heapster, f'--source=kubernetes.summary_api:{cluster.address}?inClusterConfig=false'
             f'&useServiceAccount=false&auth=&kubeletPort={cluster.kubelets}', f'--metric_resolution={options.resolution}s',
             f'--heapster-port={self.port}', '--listen_ip=127.0.0.1'], logs / 'heapster.log')
        self.process.wait_for_port(self.port)

    def wait_for_cycle(self, number):
        # A boundary and the offset, the time-out at most, and the work.
        now = time.time()
        time.sleep(self.resolution - now % self.resolution + 22)

    def pods(self):
        return median_time(self.port, '/apis/metrics.k8s.io/v1alpha1/pods/')

    def export(self):
        status, body, seconds = fetch(self.port, '/api/v1/metric-export')
        return seconds, len(body)


def measure_source(source, options, logs, make):
    cluster = Cluster(options, logs, tls=source == 'resource')
    server = None
    try:
        server = make(options, logs, cluster, source)
        server.wait_for_cycle(2)
        before = server.process.cpu()
        time.sleep(CYCLES * options.resolution)  # without a look at it, which would cost as much
        figures = {f'{source}: CPU of a cycle s': (server.process.cpu() - before) / CYCLES,
                   f'{source}: memory MB': server.process.memory('VmRSS') / 1e6,
                   f'{source}: peak memory MB': server.process.memory('VmHWM') / 1e6}
        if isinstance(server, Kubevitals):
            figures[f'{source}: a cycle lasts s'] = server.metric('kubevitals_usage_cycle_duration_seconds')
        seconds, size = server.pods()
        figures[f'{source}: all pods ms'] = seconds * 1e3
        figures[f'{source}: all pods MB'] = size / 1e6
        if source == 'summary':
            before = server.process.memory('VmRSS')
            seconds, size = server.export()
            figures['summary: export ms'] = seconds * 1e3
            figures['summary: export MB'] = size / 1e6
            figures['summary: memory after it, MB more'] = (server.process.memory('VmRSS') - before) / 1e6
        return figures
    finally:
        if server:
            server.process.stop()
        cluster.stop()


def measure_hanging(options, logs):
    cluster = Cluster(options, logs, tls=True)
    server = None
    try:
        connection = http.client.HTTPConnection('127.0.0.1', cluster.port, timeout=30)
        connection.request('POST', '/sim/faults', json.dumps({'kind': 'hang', 'resource': 'kubelet', 'percent': 5}))
        answer = connection.getresponse()
        assert answer.status in (200, 201), answer.read()
        server = Kubevitals(options, logs, cluster, 'resource')
        server.wait_for_cycle(2)
        text = fetch(server.port, '/metrics')[1].decode()
        value = {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if not line.startswith('#')}
        up = [value[name] for name in value if name.startswith('kubevitals_usage_node_up')]
        listed = len(json.loads(fetch(server.port, '/apis/metrics.k8s.io/v1beta1/nodes')[1])['items'])
        return {'hanging: nodes that hang': len(up) - sum(up), 'hanging: other nodes with values': listed,
                'hanging: cycle s': value['kubevitals_usage_cycle_duration_seconds']}
    finally:
        if server:
            server.process.stop()
        cluster.stop()


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--binary', default=str(root / 'build/release/kubevitals'))
    parser.add_argument('--nodes', type=int, default=1000)
    parser.add_argument('--pods-per-node', type=int, default=30)
    parser.add_argument('--resolution', type=int, default=30, help='seconds')
    parser.add_argument('--metrics-server', help='a metrics-server binary to compare with')
    parser.add_argument('--heapster', help='a Heapster binary to compare with')
    parser.add_argument('--only', default='resource,summary,hanging')
    parser.add_argument('--json', help='write the figures to this file too')
    options = parser.parse_args()
    results = {}
    for scenario in options.only.split(','):
        peer = {'resource': options.metrics_server and MetricsServer,
                'summary': options.heapster and Heapster}.get(scenario)
        with tempfile.TemporaryDirectory() as directory:
            logs = pathlib.Path(directory)
            if scenario == 'hanging':
                results.update({figure: {'kubevitals': value} for figure, value in measure_hanging(options, logs).items()})
                continue
            for make in [Kubevitals] + ([peer] if peer else []):
                for figure, value in measure_source(scenario, options, logs, make).items():
                    results.setdefault(figure, {})[make.name] = value
                    print(f'{make.name}: {figure}: {value:.3f}', flush=True)
    print(f'\n{options.nodes} nodes x {options.pods_per_node} pods, {platform.machine()}, {os.cpu_count()} cores')
    for figure, values in results.items():
        line = f'{figure:40}' + ''.join(f'{value:16.3f} {name}' for name, value in values.items())
        if len(values) == 2 and values['kubevitals']:
            line += f'{list(values.values())[1] / values["kubevitals"]:10.1f} times'
        print(line)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == '__main__':
    main()
