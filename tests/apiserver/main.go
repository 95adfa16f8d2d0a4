// A kube-apiserver and an etcd for tests, in one program: its first argument says which of the two it is, the rest are
// that program's own flags.
package main

import (
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	name := os.Args[1]
	arguments := append([]string{name}, os.Args[2:]...)
	// Both programs find their flags in os.Args.
	os.Args = arguments
	switch name {
	case "etcd":
		etcdmain.Main(arguments)
	case "kube-apiserver":
		os.Exit(cli.Run(app.NewAPIServerCommand()))
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: apiserver etcd|kube-apiserver [FLAG]...")
	os.Exit(2)
}
