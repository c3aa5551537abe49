// SPDX-License-Identifier: BSL-1.0

// The control plane that podpool's tests run: the API server, its store, and the two controllers that write
// EndpointSlices, in one program. Nothing here schedules or runs pods: the tests make them by the API and say
// themselves what a kubelet would say of them.
//
//	control_plane etcd FLAGS...
//	control_plane kube-apiserver FLAGS...
//	control_plane controllers KUBECONFIG ENDPOINTS_PER_SLICE
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/pkg/controller/endpointslice"
	"k8s.io/kubernetes/pkg/controller/endpointslicemirroring"
)

func main() {
	part := ""
	if len(os.Args) > 1 {
		part = os.Args[1]
	}
	switch {
	case part == "etcd":
		etcdmain.Main(os.Args[1:])
	case part == "kube-apiserver":
		os.Args = os.Args[1:]
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case part == "controllers" && len(os.Args) == 4:
		if err := runControllers(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, "control_plane controllers:", err)
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: control_plane etcd FLAGS... | kube-apiserver FLAGS... |",
			"controllers KUBECONFIG ENDPOINTS_PER_SLICE")
		os.Exit(2)
	}
}

// runControllers runs both until SIGTERM, unelected, with the rights of whom the kubeconfig names.
func runControllers(kubeconfig, endpointsPerSlice string) error {
	most, err := strconv.ParseInt(endpointsPerSlice, 10, 32)
	if err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	// A test changes much at once: the client's own limit of five requests a second would be what is measured.
	config.QPS, config.Burst = 200, 400
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	all := informers.NewSharedInformerFactory(client, 0)
	slices := endpointslice.NewController(ctx, all.Core().V1().Pods(), all.Core().V1().Services(),
		all.Core().V1().Nodes(), all.Discovery().V1().EndpointSlices(), int32(most), client, 0)
	mirrors := endpointslicemirroring.NewController(ctx, all.Core().V1().Endpoints(),
		all.Discovery().V1().EndpointSlices(), all.Core().V1().Services(), int32(most), client, 0)
	all.Start(ctx.Done())
	var running sync.WaitGroup
	running.Go(func() { slices.Run(ctx, 2) })
	running.Go(func() { mirrors.Run(ctx, 2) })
	running.Wait()
	return nil
}
