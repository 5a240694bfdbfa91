module example.com/extension

go 1.21
