package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
)

// run evaluates a.star, answering questions as op would, and gives what the helper said at last.
func run(t *testing.T, source string, asked map[string]any) map[string]any {
	t.Helper()
	questions, toOp := io.Pipe()
	fromOp, answers := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- serve(bufio.NewReader(fromOp), bufio.NewWriter(toOp))
		toOp.Close()
	}()
	request := map[string]any{"protocol": protocol, "do": "package", "file": "a.star", "steps": 1_000_000, "memory": 1 << 30}
	for key, value := range asked {
		request[key] = value
	}
	write := func(value any) {
		line, err := json.Marshal(value)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(answers, "%s\n", line)
	}
	go write(request)
	var last map[string]any
	lines := bufio.NewScanner(questions)
	for lines.Scan() {
		last = nil
		if err := json.NewDecoder(bytes.NewReader(lines.Bytes())).Decode(&last); err != nil {
			t.Fatal(err)
		}
		switch last["ask"] {
		case nil:
		case "load":
			write(map[string]any{"value": source})
		case "ref":
			write(map[string]any{"value": last["ref"]})
		case "value":
			write(map[string]any{"value": "now"})
		default:
			write(map[string]any{"value": nil})
		}
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return last
}

// saidOf is the last thing that the helper said, as JSON.
func saidOf(t *testing.T, source string, asked map[string]any) string {
	text, err := json.Marshal(run(t, source, asked))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestItemsThatNoPhaseNamesComeInTheirOrder(t *testing.T) {
	said := saidOf(t, `
def f():
    pass
task(f, "a")
b = task(f, "b")
phase("two", work = [call(f, "c"), b])
task(f, "d")
`, nil)
	order := []string{}
	for _, part := range strings.Split(said, `"name":"`)[1:] {
		order = append(order, part[:strings.Index(part, `"`)])
	}
	if got := strings.Join(order, " "); got != "a two d" {
		t.Errorf("phases: %s", got)
	}
}

func TestInputsAreValuesOrReferences(t *testing.T) {
	said := saidOf(t, `
def f(**all):
    pass
task(f, "a", inputs = {
    "plain": {"x": [1, 2.5, None, True]},
    "ref": ref("./x"),
    "both": input(ref = ref("./y"), default = 0),
    "only": input(default = "z"),
})
`, nil)
	for _, want := range []string{
		`"plain":{"value":{"x":[1,2.5,null,true]}}`, `"ref":{"ref":"./x"}`, `"both":{"default":0,"ref":"./y"}`, `"only":{"value":"z"}`,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %s in %s", want, said)
		}
	}
}

func TestFunctionsAreCalledWithParametersOrContext(t *testing.T) {
	source := `
def f(ctx):
    return next(g, inputs = {"a": ctx.inputs.a + 1, "b": ref("./b")})
def g(a, b, c = 3):
    return done(outputs = {"sum": [a, b, c]})
task(f, "t", inputs = {"a": 1})
`
	call := map[string]any{"do": "call", "item": "task/t", "action": "call", "inputs": map[string]any{"a": 1}}
	if said := saidOf(t, source, call); said != `{"end":{"outputs":{"sum":[2,"now",3]}}}` {
		t.Error(said)
	}
	call["item"] = "task/u"
	if said := saidOf(t, source, call); !strings.Contains(said, "a.star has no call of task/u any more") {
		t.Error(said)
	}
}

func TestWhatHasNoOrderIsSorted(t *testing.T) {
	source := `
def f(**all):
    return done(outputs = {"keys": [key for key in all] + [key for e in environments() for key in e.attributes]})
def start():
    return next(f, inputs = {"d": 1, "b": 2, "c": 3, "a": 4})
task(start, "t")
`
	call := map[string]any{
		"do": "call", "item": "task/t", "action": "call", "inputs": map[string]any{},
		"environments": []any{map[string]any{"name": "e", "attributes": map[string]any{"z": "", "x": "", "y": ""}}},
	}
	for range 20 {
		if said := saidOf(t, source, call); said != `{"end":{"outputs":{"keys":["a","b","c","d","x","y","z"]}}}` {
			t.Fatal(said)
		}
	}
}

func TestAnotherVersionIsToldApart(t *testing.T) {
	said := saidOf(t, "", map[string]any{"protocol": protocol + 1})
	if !strings.Contains(said, "op-starlark speaks version 1 of its protocol, and op version 2") {
		t.Error(said)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	for _, one := range []struct{ source, want string }{
		{"f(", `{"failed":{"at":["a.star:1:3"],"message":"got end of file, want ')'"}}`},
		{"\nx", `{"failed":{"at":["a.star:2:1"],"message":"undefined: x"}}`},
		{"def f():\n  fail('no')\nf()", `{"failed":{"at":["a.star:3:2","a.star:2:7"],"message":"no"}}`},
		{"def f():\n  for i in range(1000000000):\n    pass\nf()", `{"failed":{"at":["a.star:4:2","a.star:2:3"],"message":"it takes more than 1000000 steps"}}`},
		{"debug_break()", `{"failed":{"at":["a.star:1:12"],"message":"debug_break is not taken over: there is no debugger: use print"}}`},
	} {
		if said := saidOf(t, one.source, nil); said != one.want {
			t.Errorf("%q: %s", one.source, said)
		}
	}
}
