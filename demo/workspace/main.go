// Command app asks its dependency. It prints without fmt, so that the demo compiles in seconds.
package main

import "example.com/app/answer"

func main() { println(answer.Text()) }
