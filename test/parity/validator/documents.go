package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// document is one YAML document of a file; Index counts from 0 within its file, empty documents included.
type document struct {
	File  string
	Index int
	YAML  []byte
}

func readAll(args []string) ([]document, error) {
	var all []document
	for _, arg := range args {
		if arg == "-" {
			found, err := split("-", os.Stdin)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
			continue
		}
		err := filepath.WalkDir(arg, func(path string, entry os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() || (path != arg && !isYAML(path)) {
				return nil
			}
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			defer file.Close()
			found, err := split(path, file)
			all = append(all, found...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func isYAML(path string) bool {
	return strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")
}

func split(name string, from io.Reader) ([]document, error) {
	var found []document
	reader := utilyaml.NewYAMLReader(bufio.NewReader(from))
	for index := 0; ; index++ {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, fmt.Errorf("reading document %d of %q: %w", index, name, err)
		}
		if len(bytes.TrimSpace(text)) > 0 {
			found = append(found, document{File: name, Index: index, YAML: text})
		}
	}
}
