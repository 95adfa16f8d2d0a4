#!/usr/bin/env python3
"""A real Prometheus that takes its targets from `kubevitals discover` has those that it would discover itself.

usage: discovery_prometheus_test.py KUBEVITALS
KUBEVITALS_PROMETHEUS_SECONDS says for how long (default 60), KUBEVITALS_PROMETHEUS which binary (default prometheus).
"""
import collections
import json
import os
import pathlib
import sys
import tempfile
import time
import unittest

from harness import Discover, Sim, eventually, get_json, request, skip
from peers import PROMETHEUS, Prometheus, assert_same_as_prometheus, known_to_prometheus

BINARY = os.path.abspath(sys.argv.pop(1))
SECONDS = int(os.environ.get('KUBEVITALS_PROMETHEUS_SECONDS', '60'))
if not PROMETHEUS:
    skip('no prometheus on this machine')
# How much later than the other one a server may know of a change: Prometheus takes up to ten seconds, http_sd is
# asked once a second.
LAG = 20

RULES = [
    {'source_labels': ['__meta_kubernetes_pod_phase'], 'regex': 'Running', 'action': 'keep'},
    {'source_labels': ['__meta_kubernetes_pod_container_port_number'], 'regex': '.+', 'action': 'keep'},
    {'regex': '__meta_kubernetes_pod_label_(.+)', 'action': 'labelmap'},
    {'source_labels': ['__meta_kubernetes_namespace'], 'target_label': 'namespace'},
    {'source_labels': ['__meta_kubernetes_pod_name'], 'target_label': 'pod'},
    {'source_labels': ['__meta_kubernetes_pod_ready', '__meta_kubernetes_pod_container_name'], 'target_label': 'is'}]
META = '__meta_kubernetes_'
ANNOTATION = META + 'pod_annotation_prometheus_io_'
# Pods that ask for it with annotations.
BY_ANNOTATION = [
    {'source_labels': [ANNOTATION + 'scrape'], 'regex': 'true', 'action': 'keep'},
    {'source_labels': [META + 'pod_phase'], 'regex': 'Pending|Succeeded|Failed', 'action': 'drop'},
    {'source_labels': [ANNOTATION + 'path'], 'regex': '(.+)', 'target_label': '__metrics_path__'},
    {'source_labels': ['__address__', META + 'pod_container_port_number'], 'regex': r'([^:]+)(?::\d+)?;(\d+)',
     'replacement': '$1:$2', 'target_label': '__address__'},
    {'regex': META + 'pod_label_(.+)', 'action': 'labelmap'},
    {'source_labels': [META + 'namespace'], 'target_label': 'namespace'},
    {'source_labels': [META + 'pod_name'], 'target_label': 'pod'},
    {'source_labels': [META + 'pod_container_name'], 'target_label': 'container'}]
# What the Prometheus operator makes of a ServiceMonitor, in short.
LIKE_A_SERVICE_MONITOR = [
    {'source_labels': ['job'], 'target_label': '__tmp_prometheus_job_name'},
    {'source_labels': [META + 'endpointslice_port_name'], 'regex': '.+', 'action': 'keep'},
    {'source_labels': [META + 'endpointslice_address_target_kind', META + 'endpointslice_address_target_name'],
     'separator': ';', 'regex': 'Pod;(.*)', 'target_label': 'pod'},
    {'source_labels': [META + 'namespace'], 'target_label': 'namespace'},
    {'source_labels': [META + 'service_name'], 'target_label': 'service'},
    {'source_labels': [META + 'service_name'], 'regex': '(.+)', 'target_label': 'job', 'replacement': '${1}'},
    {'source_labels': [META + 'endpointslice_port_name'], 'target_label': 'endpoint'},
    {'source_labels': [META + 'pod_phase'], 'regex': '(Failed|Succeeded)', 'action': 'drop'},
    {'source_labels': ['__address__', '__tmp_hash'], 'regex': '(.+);', 'action': 'replace', 'replacement': '$1',
     'target_label': '__tmp_hash'},
    {'source_labels': ['__tmp_hash'], 'modulus': 2, 'target_label': '__tmp_hash', 'action': 'hashmod'},
    {'source_labels': ['__tmp_hash'], 'regex': '0', 'action': 'keep'}]
# Kinds of which the simulated cluster has none by itself.
MORE_OBJECTS = [
    ('apis/networking.k8s.io/v1', 'ingresses', {
        'apiVersion': 'networking.k8s.io/v1', 'kind': 'Ingress', 'metadata': {'name': 'web', 'labels': {'a-b': 'c'}},
        'spec': {'ingressClassName': 'x', 'tls': [{'hosts': ['*.example.test']}], 'rules': [
            {'host': 'a.example.test', 'http': {'paths': [
                {'path': path, 'pathType': 'Prefix', 'backend': {'service': {'name': 's', 'port': {'number': 80}}}}
                for path in ('/', '/b')]}}, {'host': 'other.test'}]}}),
    ('api/v1', 'endpoints', {
        'apiVersion': 'v1', 'kind': 'Endpoints', 'metadata': {'name': 'web', 'annotations': {'x/y': 'z'}},
        'subsets': [{'addresses': [{'ip': '10.250.0.1', 'hostname': 'h'}, {'ip': '10.250.0.2'}],
                     'notReadyAddresses': [{'ip': '10.250.0.3'}],
                     'ports': [{'name': 'http', 'port': 80, 'protocol': 'TCP'}]}]})]


def active(port):
    """Final labels of the active targets, by job."""
    jobs = collections.defaultdict(set)
    for target in get_json(port, '/api/v1/targets?state=active')['data']['activeTargets']:
        labels = {name: value for name, value in target['labels'].items() if name != 'job'}
        jobs[target['scrapePool']].add(tuple(sorted(labels.items())))
    return jobs


def running(sim):
    """What the rules make of the pods that the API server has now, without what does not come from the pod's name."""
    found = set()
    for pod in sim.get('/api/v1/pods')['items']:
        status, meta = pod['status'], pod['metadata']
        if status.get('phase') != 'Running' or not status.get('podIP'):
            continue
        for container in pod['spec']['containers'] + pod['spec'].get('initContainers', []):
            for port in container.get('ports', []):
                found.add((f"{status['podIP']}:{port['containerPort']}", meta['namespace'], meta['name']))
    return found


def named(targets_of_job):
    labels = [dict(target) for target in targets_of_job]
    return {(entry['instance'], entry['namespace'], entry['pod']) for entry in labels}


def has_kubernetes(sim):
    """Debian's build has no Kubernetes discovery."""
    return bool(known_to_prometheus([{'job_name': 'direct discovery', 'kubernetes_sd_configs': [
        {'role': 'pod', 'api_server': sim.address}]}]))


class DiscoveryForPrometheus(unittest.TestCase):
    def test_http_sd_gives_what_direct_discovery_gives(self):
        with Sim(BINARY, '--pods', '300', '--churn', '10') as sim, tempfile.TemporaryDirectory() as directory:
            sd = [{'role': 'pod', 'api_server': sim.address}]
            job = {'job_name': 'pods', 'kubernetes_sd_configs': sd, 'relabel_configs': RULES}
            config = pathlib.Path(directory, 'discover.yml')
            config.write_text(json.dumps({'scrape_configs': [job]}))
            with Discover(BINARY, config) as server:
                server.sd('pods')
                url = f'http://127.0.0.1:{server.port}/sd/v1/jobs/pods'
                jobs = [
                    {'job_name': 'raw', 'http_sd_configs': [{'url': url, 'refresh_interval': '1s'}],
                     'relabel_configs': RULES},
                    {'job_name': 'relabelled', 'http_sd_configs': [
                        {'url': url + '?relabeled=true', 'refresh_interval': '1s'}],
                     'relabel_configs': [{'target_label': 'job', 'replacement': 'relabelled'}]}]
                direct = has_kubernetes(sim)
                if direct:
                    jobs.append({**job, 'job_name': 'direct'})
                with Prometheus(directory, jobs) as prometheus:
                    port = prometheus.port
                    eventually(lambda: len(active(port)['raw']) > 100, 60, 'the first targets')
                    self.compare_over_time(port, sim, direct)
                    request(sim.port, '/sim/churn?rate=0', 'POST')

                    def equal():
                        jobs = active(port)
                        return jobs['raw'] == jobs['relabelled'] == (jobs['direct'] if direct else jobs['raw']) and \
                            named(jobs['raw']) == running(sim)
                    eventually(equal, 60, 'the same targets at rest')

    def compare_over_time(self, port, sim, direct):
        """Nobody may lack, for longer than the lag, a target that there is, or have one that there is not."""
        since = {'raw': {}, 'relabelled': {}}  # when a difference was first seen
        changes, before = 0, None
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            jobs, pods, now = active(port), running(sim), time.monotonic()
            changes += before is not None and pods != before
            before = pods
            for name, seen in since.items():
                different = named(jobs[name]) ^ pods
                if direct:
                    different |= jobs['direct'] ^ jobs[name]
                for target in set(seen) - different:
                    del seen[target]
                for target in different:
                    age = now - seen.setdefault(target, now)
                    self.assertLess(age, LAG, f'{name} differs for {age:.0f} s in {target}')
            time.sleep(1)
        self.assertGreater(changes, SECONDS / 30, 'nothing changed')
        print(f'{len(before)} targets, {changes} changes seen in {SECONDS} s, '
              f'{"beside" if direct else "without"} direct discovery')

    def test_discovered_labels_are_the_same(self):
        with Sim(BINARY, '--pods', '60', '--churn', '0') as sim, tempfile.TemporaryDirectory() as directory:
            for group, resource, document in MORE_OBJECTS:
                sim.post(f'/{group}/namespaces/default/{resource}', document)
            # Dropped targets are shown as they were discovered; of kept ones equal ones are merged.
            jobs = [{'job_name': role, 'relabel_configs': [{'action': 'drop'}],
                     'kubernetes_sd_configs': [{'role': role, 'api_server': sim.address, **more}]}
                    for role, more in (('pod', {'attach_metadata': {'node': True}}), ('service', {}), ('node', {}),
                                       ('endpointslice', {'attach_metadata': {'node': True}}), ('ingress', {}),
                                       ('endpoints', {}))]
            jobs += [{'job_name': name, 'kubernetes_sd_configs': [{'role': role, 'api_server': sim.address}],
                      'relabel_configs': rules}
                     for name, role, rules in (('by annotation', 'pod', BY_ANNOTATION),
                                               ('monitor', 'endpointslice', LIKE_A_SERVICE_MONITOR))]
            jobs.append({'job_name': 'federate', 'honor_labels': True, 'metrics_path': '/federate',
                         'params': {'match[]': ['{job="a"}', 'up']},
                         'static_configs': [{'targets': ['a:9090', 'b:9090'], 'labels': {'region': 'x'}}]})
            jobs.append({'job_name': 'probes', 'metrics_path': '/probe', 'params': {'module': ['http_2xx']},
                         'static_configs': [{'targets': ['https://a.example/x', 'http://b.example']}],
                         'relabel_configs': [
                             {'source_labels': ['__address__'], 'target_label': '__param_target'},
                             {'source_labels': ['__param_target'], 'target_label': 'instance'},
                             {'target_label': '__address__', 'replacement': '127.0.0.1:9115'}]})
            pathlib.Path(directory, 'one.json').write_text(json.dumps(
                [{'targets': ['a:1', 'b:1'], 'labels': {'zone': 'x', '__meta_team': 't'}}, {'targets': ['c:1']}]))
            pathlib.Path(directory, 'two.yml').write_text('- targets: [d:1]\n  labels: {zone: y}\n- targets: [e:1]\n')
            jobs.append({'job_name': 'files',
                         'file_sd_configs': [{'files': [f'{directory}/*.json', f'{directory}/*.yml']}],
                         'relabel_configs': [{'source_labels': ['zone'], 'regex': 'y', 'action': 'drop'},
                                             {'regex': '__meta_(.+)', 'action': 'labelmap'}]})
            assert_same_as_prometheus(BINARY, jobs, {'node': len(sim.get('/api/v1/nodes')['items']), 'ingress': 3,
                                                     'endpoints': 3, 'federate': 2, 'probes': 2, 'files': 5})


if __name__ == '__main__':
    unittest.main(verbosity=2)
