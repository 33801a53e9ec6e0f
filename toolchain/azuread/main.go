// Command pulumi-resource-azuread serves HashiCorp's azuread provider to the Pulumi engine.
//
// It exists for machines that cannot reach the vendor's download: the resources
// and their tokens are those of the PyPI package pulumi-azuread, the code behind
// them is the upstream Terraform provider, embedded through its published Go module.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-provider-azuread/xpprovider"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// version is the pulumi-azuread version whose tokens are served; set by -ldflags.
var version = "0.0.0-dev"

func providerInfo() (tfbridge.ProviderInfo, error) {
	upstream, err := xpprovider.GetProviderSchema(context.Background())
	if err != nil {
		return tfbridge.ProviderInfo{}, err
	}
	info := tfbridge.ProviderInfo{
		P:           shimv2.NewProvider(upstream),
		Name:        "azuread",
		Version:     version,
		GitHubOrg:   "hashicorp",
		DisplayName: "Azure Active Directory (Azure AD)",
		License:     "Apache-2.0",
	}
	info.MustComputeTokens(tokens.SingleModule("azuread_", "index", tokens.MakeStandard("azuread")))
	// The SDK takes a list here, as the vendor's plugin does.
	federated := info.Resources["azuread_application_federated_identity_credential"]
	federated.Fields = map[string]*tfbridge.SchemaInfo{"audiences": {MaxItemsOne: tfbridge.False()}}
	info.SetAutonaming(255, "-")
	return info, nil
}

func schema(info tfbridge.ProviderInfo) ([]byte, error) {
	sink := diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never})
	spec, err := tfgen.GenerateSchema(info, sink)
	if err != nil {
		return nil, err
	}
	return json.Marshal(spec)
}

func run() error {
	info, err := providerInfo()
	if err != nil {
		return err
	}
	bytes, err := schema(info)
	if err != nil {
		return err
	}
	tfbridge.Main("azuread", version, info, bytes)
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-azuread:", err)
		os.Exit(1)
	}
}
