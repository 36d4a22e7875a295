// Free TCP ports on the loopback address, for servers that tests start.
export { freePorts, withFreePorts } from '../../src/host/free-ports.ts';
