package main

import (
	"context"

	"github.com/tektoncd/pipeline/pkg/apis/config"
	"knative.dev/pkg/apis"
)

// defaultInstall is the context of an object being created on a Tekton that was installed and never configured:
// every ConfigMap at its default, and with them enable-api-fields=beta (config/config-feature-flags.yaml of the release).
func defaultInstall() (context.Context, error) {
	flags, err := config.NewFeatureFlagsFromMap(map[string]string{"enable-api-fields": config.BetaAPIFields})
	if err != nil {
		return nil, err
	}
	settings := config.FromContextOrDefaults(context.Background())
	settings.FeatureFlags = flags
	return apis.WithinCreate(config.ToContext(context.Background(), settings)), nil
}
