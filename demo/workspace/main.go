// Command app asks its dependency. It prints without fmt, so that the demo compiles in seconds.
package main

import "example.com/answer"

func main() { println(answer.Text()) }
