// Command op-starlark evaluates releases that are written in Starlark for op, and runs their functions.
//
// It speaks JSON, one value a line. op writes one request. The helper answers with any number of {"print":…} and {"ask":…} lines, each ask
// answered by op with {"value":…} or {"error":…}, and at last one {"end":…} or {"failed":…}. It opens no file, starts no program and uses no
// network: whatever has an effect, or reads anything but the request, is asked of op. Names and meaning are those of the SDK 0.3.0 of ocuroot.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// protocol is the version of what is said: op and the helper may be installed at different times.
const protocol = 1

// request says what to evaluate, and what of it is wanted.
type request struct {
	Protocol int `json:"protocol"`
	// repository: the settings of repo.ocu.star. package: the plan of a file. call: one function of an item. trigger: that of repo.ocu.star.
	Do string `json:"do"`
	// From the root of the repository, with slashes.
	File         string        `json:"file"`
	Environments []environment `json:"environments"`
	// Of a call: the key of the item, such as task/build or deploy/production, what it does (call, up, down), and with what.
	Item   string          `json:"item"`
	Action string          `json:"action"`
	Inputs json.RawMessage `json:"inputs"`
	// Of a trigger.
	Commit string `json:"commit"`
	// Bounds: steps of the interpreter, and bytes of memory.
	Steps  uint64 `json:"steps"`
	Memory uint64 `json:"memory"`
}

type environment struct {
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes"`
}

// failure says what went wrong and where: file:line:column, from the outermost call to the innermost.
type failure struct {
	Message string   `json:"message"`
	At      []string `json:"at"`
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("op-starlark 0.3.0")
		return
	}
	if err := serve(bufio.NewReaderSize(os.Stdin, 1<<16), bufio.NewWriter(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, "op-starlark:", err)
		os.Exit(1)
	}
}

// serve reads the request and answers it. An error is one of the protocol; one of the program is an answer.
func serve(in *bufio.Reader, out *bufio.Writer) error {
	op := &peer{in: in, out: out}
	var asked request
	if err := op.read(&asked); err != nil {
		return fmt.Errorf("the request cannot be read: %w", err)
	}
	if asked.Protocol != protocol {
		message := fmt.Sprintf("op-starlark speaks version %d of its protocol, and op version %d: build op-starlark from the same version as op", protocol, asked.Protocol)
		return op.write(map[string]any{"failed": failure{message, []string{}}})
	}
	// A stack that grows to this size is that of an expression or a value nested without end.
	debug.SetMaxStack(64 << 20)
	thread := &starlark.Thread{Name: asked.File}
	thread.SetMaxExecutionSteps(asked.Steps)
	thread.OnMaxSteps = func(thread *starlark.Thread) {
		thread.Cancel(fmt.Sprintf("it takes more than %d steps", asked.Steps))
	}
	bound := boundMemory(thread, asked.Memory)
	defer bound()
	end, err := evaluate(op, thread, asked)
	if op.broken != nil {
		return op.broken
	}
	if err != nil {
		return op.write(map[string]any{"failed": failureOf(err)})
	}
	return op.write(map[string]any{"end": end})
}

// peer is op, at the other end of the pipes.
type peer struct {
	in  *bufio.Reader
	out *bufio.Writer
	// Set when the pipes cannot be used any more.
	broken error
}

func (op *peer) read(into any) error {
	line, err := op.in.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}

func (op *peer) write(value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	op.out.Write(line)
	op.out.WriteByte('\n')
	return op.out.Flush()
}

// ask gives what op answers; with is what the question is about.
func (op *peer) ask(thread *starlark.Thread, what string, with map[string]any) (json.RawMessage, error) {
	question := map[string]any{"ask": what, "at": callerOf(thread)}
	for key, value := range with {
		question[key] = value
	}
	var answer struct {
		Value json.RawMessage `json:"value"`
		Error string          `json:"error"`
	}
	if err := op.write(question); err != nil {
		op.broken = err
		return nil, err
	}
	if err := op.read(&answer); err != nil {
		op.broken = fmt.Errorf("op does not answer: %w", err)
		return nil, op.broken
	}
	if answer.Error != "" {
		return nil, errors.New(answer.Error)
	}
	return answer.Value, nil
}

// print hands on what the program prints.
func (op *peer) print(thread *starlark.Thread, text string) {
	if err := op.write(map[string]any{"print": text, "at": callerOf(thread)}); err != nil {
		op.broken = err
		thread.Cancel("op does not listen any more")
	}
}

// callerOf is the position in the program that is being executed.
func callerOf(thread *starlark.Thread) string {
	for depth := 0; depth < thread.CallStackDepth(); depth++ {
		if at := thread.CallFrame(depth).Pos; at.Filename() != builtinFile {
			return placeOf(at)
		}
	}
	return ""
}

// builtinFile is what Go functions have for a file.
const builtinFile = "<builtin>"

func placeOf(at syntax.Position) string {
	return fmt.Sprintf("%s:%d:%d", at.Filename(), at.Line, at.Col)
}

func failureOf(err error) failure {
	var evaluation *starlark.EvalError
	if errors.As(err, &evaluation) {
		at := []string{}
		for _, frame := range evaluation.CallStack {
			if frame.Pos.Filename() != builtinFile {
				at = append(at, placeOf(frame.Pos))
			}
		}
		// What fails in a file that another one loads is where that file says.
		var inner *inFile
		if errors.As(evaluation.Unwrap(), &inner) {
			loaded := failureOf(inner.cause)
			return failure{loaded.Message, append(at, loaded.At...)}
		}
		message := strings.TrimPrefix(evaluation.Msg, "fail: ")
		return failure{strings.TrimPrefix(message, "Starlark computation cancelled: "), at}
	}
	var parsing syntax.Error
	if errors.As(err, &parsing) {
		return failure{parsing.Msg, []string{placeOf(parsing.Pos)}}
	}
	var inner *inFile
	if errors.As(err, &inner) {
		return failureOf(inner.cause)
	}
	if found := resolveErrorIn(err); found != nil {
		return *found
	}
	return failure{err.Error(), []string{}}
}
