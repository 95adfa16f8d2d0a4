"""What the end-to-end tests of `kubevitals usage` share: kubelets, and the program on them."""
import pathlib
import re
import tempfile

from harness import Program, Sim, eventually, free_port, get_json, request

METRICS = '/apis/metrics.k8s.io/v1beta1'
SMALL = ('--nodes', '6', '--pods', '60', '--churn', '0')


class Kubelets(Sim):
    """A simulated cluster with kubelets over TLS."""

    def __init__(self, binary, *arguments, network='127.129.0.0', tls=True):
        self.kubelet_port = free_port()
        self.folder = tempfile.TemporaryDirectory(prefix='kubevitals-usage-')
        self.ca = pathlib.Path(self.folder.name, 'kubelet-ca.pem')
        self.proxy_ca = pathlib.Path(self.folder.name, 'proxy-ca.pem')
        secure = ('--kubelet-tls', '--write-kubelet-ca', self.ca) if tls else ()
        super().__init__(binary, *SMALL, '--kubelets', '--kubelet-network', network, '--kubelet-port',
                         self.kubelet_port, '--write-requestheader-ca', self.proxy_ca, *secure, *arguments)

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.folder.cleanup()


class Usage(Program):
    """`kubevitals usage` on a simulated cluster's kubelets; of another API server when `cluster` says so."""

    def __init__(self, binary, sim, *arguments, source='kubernetes.resource', verified=True, resolution='5s',
                 cluster=None):
        self.port = free_port()
        cluster = cluster or ('--apiserver', sim.address)
        trust = ('--kubelet-certificate-authority', sim.ca) if verified else ()
        super().__init__([binary, 'usage', *cluster, '--listen-ip', '127.0.0.1', '--heapster-port',
                          self.port, '--kubelet-port', sim.kubelet_port,
                          '--kubelet-preferred-address-types=InternalIP', f'--metric-resolution={resolution}',
                          f'--source={source}', *trust, *arguments], self.port)

    def metric(self, name, **labels):
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(float(line.rsplit(' ', 1)[1]) for line in request(self.port, '/metrics').text.splitlines()
                   if re.split('[{ ]', line, maxsplit=1)[0] == name and all(label in line for label in wanted))

    def items(self, path):
        return {item['metadata']['name']: item for item in get_json(self.port, METRICS + path)['items']}

    def nodes(self):
        return {node['name']: node for node in get_json(self.port, '/api/v1/nodes')['nodes']}

    def has_all(self, sim):
        """Waits until the metrics API has every node and every pod that runs."""
        running = {pod['metadata']['name'] for pod in sim.get('/api/v1/pods')['items']
                   if pod['status'].get('phase') == 'Running'
                   and all('running' in status['state'] for status in pod['status'].get('containerStatuses', []))}
        nodes = {node['metadata']['name'] for node in sim.get('/api/v1/nodes')['items']}
        eventually(lambda: nodes <= set(self.items('/nodes')) and running <= set(self.items('/pods')), 40,
                   'values of all nodes and pods')
        return self
