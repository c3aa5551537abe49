// SPDX-License-Identifier: BSL-1.0

// The programs of a Kubernetes node and control plane, and etcd, in one: one link takes a sixth of the time.
//
//	kube PROGRAM FLAGS...
//
// or called by the name of a link to it.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func command(program string) *cobra.Command {
	switch program {
	case "kube-apiserver":
		return apiserver.NewAPIServerCommand()
	case "kube-controller-manager":
		return controllers.NewControllerManagerCommand()
	case "kube-scheduler":
		return scheduler.NewSchedulerCommand()
	case "kubelet":
		return kubelet.NewKubeletCommand(context.Background())
	case "kube-proxy":
		return proxy.NewProxyCommand()
	case "kubectl":
		return kubectl.NewDefaultKubectlCommand()
	}
	return nil
}

func main() {
	program := filepath.Base(os.Args[0])
	if program == "kube" && len(os.Args) > 1 {
		os.Args = os.Args[1:]
		program = os.Args[0]
	}
	if program == "etcd" {
		etcdmain.Main(os.Args)
		return
	}
	wanted := command(program)
	if wanted == nil {
		fmt.Fprintln(os.Stderr, "usage: kube etcd | kube-apiserver | kube-controller-manager | kube-scheduler |",
			"kubelet | kube-proxy | kubectl, and its flags")
		os.Exit(2)
	}
	if program == "kubectl" {
		if err := cli.RunNoErrOutput(wanted); err != nil {
			kubectlutil.CheckErr(err)
		}
		return
	}
	os.Exit(cli.Run(wanted))
}
