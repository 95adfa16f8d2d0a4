#!/usr/bin/env python3
"""`kubevitals state` against a real kube-apiserver and etcd.

usage: apiserver_test.py KUBEVITALS KUBECTL [unittest arguments]
Builds the API server from the module in tests/apiserver, or takes the one in KUBEBUILDER_ASSETS.
"""
import json
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'apiserver'))
from cluster import RealCluster, Unavailable  # noqa: E402
from harness import State, assert_follows, eventually, request, samples, skip  # noqa: E402

BINARY = os.path.abspath(sys.argv.pop(1))
KUBECTL = sys.argv.pop(1)

NODE = {
    'apiVersion': 'v1', 'kind': 'Node',
    'metadata': {'name': 'node-1', 'labels': {'node-role.kubernetes.io/worker': '', 'zone': 'a'}},
    'spec': {'podCIDR': '10.0.1.0/24', 'podCIDRs': ['10.0.1.0/24'], 'providerID': 'test://node-1',
             'taints': [{'key': 'dedicated', 'value': 'x', 'effect': 'NoSchedule'}]},
}
NODE_STATUS = {
    'capacity': {'cpu': '4', 'memory': '8Gi', 'pods': '110', 'ephemeral-storage': '100Gi'},
    'allocatable': {'cpu': '3800m', 'memory': '7.5Gi', 'pods': '110', 'ephemeral-storage': '90Gi'},
    'conditions': [{'type': 'Ready', 'status': 'True', 'reason': 'KubeletReady'}],
    'addresses': [{'type': 'InternalIP', 'address': '10.1.0.1'}, {'type': 'Hostname', 'address': 'node-1'}],
    'nodeInfo': {'kernelVersion': '6.1', 'osImage': 'Debian 12', 'containerRuntimeVersion': 'containerd://1.7',
                 'kubeletVersion': 'v1.35.0', 'systemUUID': 'uuid-1', 'machineID': '', 'bootID': '',
                 'operatingSystem': 'linux', 'architecture': 'amd64', 'kubeProxyVersion': ''},
}


def pod(name, namespace='apps'):
    return {
        'apiVersion': 'v1', 'kind': 'Pod',
        'metadata': {'name': name, 'namespace': namespace, 'labels': {'app': name}},
        'spec': {
            'nodeName': 'node-1', 'serviceAccountName': 'default', 'priorityClassName': '',
            'nodeSelector': {'zone': 'a'}, 'automountServiceAccountToken': False,
            'initContainers': [{'name': 'setup', 'image': 'busybox:1'}],
            'containers': [{'name': 'main', 'image': 'nginx:1', 'resources': {
                'requests': {'cpu': '100m', 'memory': '64Mi'}, 'limits': {'cpu': '1500m', 'memory': '1.5Gi'}}}],
            'volumes': [{'name': 'data', 'persistentVolumeClaim': {'claimName': 'data', 'readOnly': True}},
                        {'name': 'tmp', 'emptyDir': {}}],
        },
    }


RUNNING = {
    'phase': 'Running', 'hostIP': '10.1.0.1', 'podIP': '10.0.1.7', 'qosClass': 'Burstable',
    'podIPs': [{'ip': '10.0.1.7'}, {'ip': 'fd00::7'}], 'startTime': '2026-01-02T03:04:05Z',
    'conditions': [{'type': kind, 'status': 'True', 'lastTransitionTime': '2026-01-02T03:04:06Z'}
                   for kind in ('PodScheduled', 'Initialized', 'ContainersReady', 'Ready')],
    'initContainerStatuses': [{'name': 'setup', 'ready': True, 'restartCount': 0, 'image': 'busybox:1', 'imageID': 'i',
                               'state': {'terminated': {'exitCode': 0, 'reason': 'Completed',
                                                        'startedAt': '2026-01-02T03:04:05Z',
                                                        'finishedAt': '2026-01-02T03:04:06Z'}}}],
    'containerStatuses': [{'name': 'main', 'ready': True, 'restartCount': 2, 'image': 'nginx:1', 'imageID': 'sha256:x',
                           'containerID': 'containerd://abc', 'state': {'running': {'startedAt': '2026-01-02T03:04:07Z'}},
                           'lastState': {'terminated': {'exitCode': 137, 'reason': 'OOMKilled',
                                                        'finishedAt': '2026-01-02T03:04:06Z'}}}],
}


class RealApiServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.cluster = RealCluster()
            cls.cluster.start()
        except Unavailable as reason:
            skip(str(reason))

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def kubectl(self, *arguments, document=None):
        result = subprocess.run([KUBECTL, '--kubeconfig', self.cluster.kubeconfig, *arguments], capture_output=True,
                                text=True, timeout=120, input=json.dumps(document) if document else None)
        self.assertEqual(result.returncode, 0, f'kubectl {arguments}: {result.stderr}')
        return result.stdout

    def get(self, path):
        return json.loads(self.kubectl('get', '--raw', path))

    def put_status(self, path, status):
        """Sets an object's status through its status subresource, as a kubelet does."""
        self.cluster.request('PATCH', path + '/status', {'status': status}, 'application/merge-patch+json')

    def state(self, *arguments):
        return State(BINARY, '--kubeconfig', self.cluster.kubeconfig, *arguments)

    def test_1_life_of_a_cluster(self):
        with self.state().synced() as state:
            self.kubectl('create', 'namespace', 'apps')
            self.kubectl('create', '-f', '-', document=NODE)
            self.put_status('/api/v1/nodes/node-1', NODE_STATUS)
            for number in range(5):
                self.kubectl('create', '-f', '-', document=pod(f'web-{number}'))
                self.put_status(f'/api/v1/namespaces/apps/pods/web-{number}', RUNNING)
            self.kubectl('-n', 'apps', 'create', 'deployment', 'shop', '--image=nginx:1')
            self.kubectl('-n', 'apps', 'create', 'service', 'clusterip', 'shop', '--tcp=80:80')
            self.kubectl('-n', 'apps', 'create', 'service', 'externalname', 'far', '--external-name=example.org')
            want = assert_follows(BINARY, self.get, state)
            self.assertGreater(sum(want.values()), 300)

            self.kubectl('-n', 'apps', 'scale', 'deployment', 'shop', '--replicas=7')
            self.kubectl('label', 'node', 'node-1', 'node-role.kubernetes.io/gpu=')
            self.kubectl('cordon', 'node-1')
            self.kubectl('-n', 'apps', 'delete', 'pod', 'web-1', '--grace-period=0', '--force')
            self.kubectl('-n', 'apps', 'delete', 'service', 'far')
            after = assert_follows(BINARY, self.get, state)
            self.assertNotEqual(want, after)
            self.assertTrue(any(line.startswith('kube_deployment_spec_replicas') and line.endswith(' 7') for line in after))
            self.assertTrue(any('role="gpu"' in line for line in after))

    def test_2_a_pod_is_created_again_under_its_name(self):
        with self.state().synced() as state:
            for _ in range(3):
                self.kubectl('-n', 'apps', 'delete', 'pod', 'web-2', '--grace-period=0', '--force')
                self.kubectl('create', '-f', '-', document=pod('web-2'))
            assert_follows(BINARY, self.get, state)

    def test_3_restarts(self):
        with self.state().synced() as state:
            for restart in (self.cluster.kill_apiserver, self.cluster.kill_etcd):
                good = samples(state.scrape())
                restart()
                self.assertEqual(samples(state.scrape()), good)
                self.cluster.start()
                self.kubectl('-n', 'apps', 'annotate', 'pod', 'web-0', f'turn={time.time()}', '--overwrite')
                self.kubectl('-n', 'apps', 'scale', 'deployment', 'shop', f'--replicas={int(time.time()) % 50 + 1}')
                assert_follows(BINARY, self.get, state, 120)

    def test_4_rotated_token(self):
        token_file = self.cluster.write_token_file()
        kubeconfig = self.cluster.write_kubeconfig(token_file=token_file)
        with State(BINARY, '--kubeconfig', kubeconfig).synced() as state:
            assert_follows(BINARY, self.get, state)
            self.cluster.rotate_token(token_file)
            self.kubectl('-n', 'apps', 'scale', 'deployment', 'shop', '--replicas=3')
            assert_follows(BINARY, self.get, state, 120)

    def test_5_paged_lists(self):
        with self.state('--use-apiserver-cache').synced() as state:
            assert_follows(BINARY, self.get, state)

    def test_6_bad_credentials_are_told(self):
        kubeconfig = self.cluster.write_kubeconfig(token='wrong')
        with State(BINARY, '--kubeconfig', kubeconfig) as state:
            eventually(lambda: '401' in state.output() or 'nauthorized' in state.output(), 20, 'a line about credentials')
            self.assertNotEqual(request(state.telemetry, '/readyz').status, 200)
            self.assertNotIn('wrong', state.output())


if __name__ == '__main__':
    unittest.main(verbosity=2)
