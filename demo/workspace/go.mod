module example.com/app

go 1.21

require example.com/answer v0.0.0 // indirect

replace example.com/answer => ./answer
