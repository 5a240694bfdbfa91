package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// dialect is the default one of the interpreter, which ocuroot uses: no if, for or while at the top of a file, no recursion, no set.
var dialect = &syntax.FileOptions{}

// program is one evaluation.
type program struct {
	op *peer
	request
	names starlark.StringDict
	// By path; nil while a file is being loaded.
	files map[string]*loaded
	// Files that have said which SDK they are for.
	versions map[string]bool

	repository repository
	plan       plan
}

type loaded struct {
	globals starlark.StringDict
	err     error
}

// inFile is the error of a file that another one loads.
type inFile struct{ cause error }

func (e *inFile) Error() string { return e.cause.Error() }

// evaluate runs a file, and what the request wants of it.
func evaluate(op *peer, thread *starlark.Thread, asked request) (any, error) {
	p := &program{op: op, request: asked, files: map[string]*loaded{}, versions: map[string]bool{}}
	p.names = p.sdk()
	thread.Print = op.print
	thread.Load = p.load
	globals, err := p.file(thread, asked.File)
	if err != nil {
		return nil, err
	}
	switch asked.Do {
	case "repository":
		return p.endOfRepository(globals)
	case "package":
		return p.endOfPackage(), nil
	case "call":
		return p.call(thread)
	case "trigger":
		return p.callTrigger(thread)
	}
	return nil, fmt.Errorf("the request %q is not known", asked.Do)
}

// load is the statement load: a path is relative to the file that loads.
func (p *program) load(thread *starlark.Thread, module string) (starlark.StringDict, error) {
	from := thread.CallFrame(0).Pos.Filename()
	if module == "" || path.IsAbs(module) || strings.ContainsAny(module, "\\:\x00") {
		return nil, fmt.Errorf("%q is not a path relative to %s", module, from)
	}
	file := path.Join(path.Dir(from), module)
	if file == ".." || strings.HasPrefix(file, "../") {
		return nil, fmt.Errorf("%s is outside of the repository", module)
	}
	return p.file(thread, file)
}

// file evaluates a file once.
func (p *program) file(thread *starlark.Thread, name string) (starlark.StringDict, error) {
	if known, found := p.files[name]; found {
		if known == nil {
			return nil, errors.New("it loads itself, through other files or not")
		}
		return known.globals, known.err
	}
	answer, err := p.op.ask(thread, "load", map[string]any{"path": name})
	if err != nil {
		return nil, err
	}
	var source string
	if err := json.Unmarshal(answer, &source); err != nil {
		return nil, err
	}
	p.files[name] = nil
	globals, err := starlark.ExecFileOptions(dialect, thread, name, source, p.names)
	if err != nil {
		err = &inFile{err}
	}
	p.files[name] = &loaded{globals, err}
	return globals, err
}

// resolveErrorIn gives the first name that is not known, if that is the error.
func resolveErrorIn(err error) *failure {
	var list resolve.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return nil
	}
	return &failure{list[0].Msg, []string{placeOf(list[0].Pos)}}
}
