package codesdoc

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every package has a comment, and so does every exported name at the top of a file.
func TestExportedNamesHaveComments(t *testing.T) {
	positions := token.NewFileSet()
	described := map[string]bool{} // packages, by folder
	require.NoError(t, filepath.WalkDir(filepath.Join("..", ".."), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(positions, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		folder := filepath.Dir(path)
		described[folder] = described[folder] || file.Doc != nil
		for _, decl := range file.Decls {
			for _, name := range uncommented(decl) {
				assert.Fail(t, "no comment", "%s: %s", positions.Position(name.Pos()), name.Name)
			}
		}
		return nil
	}))
	assert.Greater(t, len(described), 20)
	for folder, ok := range described {
		assert.True(t, ok, "package %s has no comment", folder)
	}
}

// uncommented returns the exported names of a declaration without a comment. A comment above a
// group is the comment of its names.
func uncommented(decl ast.Decl) (names []*ast.Ident) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || exportedType(d.Recv.List[0].Type)) {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if d.Doc == nil && s.Doc == nil && s.Comment == nil && s.Name.IsExported() {
					names = append(names, s.Name)
				}
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if d.Doc == nil && s.Doc == nil && s.Comment == nil && name.IsExported() {
						names = append(names, name)
					}
				}
			}
		}
	}
	return names
}

func exportedType(receiver ast.Expr) bool {
	switch r := receiver.(type) {
	case *ast.StarExpr:
		return exportedType(r.X)
	case *ast.IndexExpr:
		return exportedType(r.X)
	case *ast.Ident:
		return r.IsExported()
	}
	return false
}
