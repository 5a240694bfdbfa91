// Command parity prints what Tekton's admission webhook would say about Tekton objects in YAML files.
//
//	parity FILE|DIRECTORY...     "-" reads standard input
//	parity --ask                 answers questions to Tekton's own functions, one JSON line each (ask.go)
//
// One JSON line per Tekton document: {"file","index","kind","name","ok","errors"}. Documents of other API groups are passed over.
// It exits 0 whenever it could look at every file, whatever the verdicts; 2 for a wrong call or an unreadable file.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: parity FILE|DIRECTORY...")
		os.Exit(2)
	}
	ctx, err := defaultInstall()
	if err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(2)
	}
	if os.Args[1] == "--ask" {
		if err := answerAll(ctx, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "parity:", err)
			os.Exit(2)
		}
		return
	}
	documents, err := readAll(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(2)
	}
	out := json.NewEncoder(os.Stdout)
	for _, d := range documents {
		if verdict, tekton := admit(ctx, d); tekton {
			if err := out.Encode(verdict); err != nil {
				fmt.Fprintln(os.Stderr, "parity:", err)
				os.Exit(2)
			}
		}
	}
}
