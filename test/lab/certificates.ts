// Certificates for tests, made by openssl on demand: none is in the repository.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { scratch } from './toolchains.ts';

/** PEM files of a certificate and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority. */
export interface Authority extends Certificate {
  /**
   * Signs a certificate for these names (`DNS:a`, `IP:127.0.0.1`), valid until `days` from now; a negative
   * number makes an expired one.
   */
  sign(name: string, sans: string, days?: number): Promise<Certificate>;
}

const openssl = async (directory: string, ...args: string[]) =>
  void (await execa('openssl', args, { cwd: directory, stdin: 'ignore' }));
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Creates an authority in a new scratch directory. */
export async function makeAuthority(name: string): Promise<Authority> {
  const directory = scratch('certificates');
  const at = (file: string) => join(directory, file);
  await openssl(
    directory,
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
  );
  writeFileSync(
    at('ca.cnf'),
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n',
  );
  writeFileSync(at('index'), '');
  writeFileSync(at('serial'), '1000\n');
  let serial = 0;
  return {
    cert: at('ca.crt'),
    key: at('ca.key'),
    sign: async (subject, sans, days = 30) => {
      const file = `${subject.replaceAll(/\W/g, '-')}-${serial++}`;
      await openssl(
        directory,
        'req',
        ...newKey,
        '-keyout',
        `${file}.key`,
        '-out',
        `${file}.csr`,
        '-subj',
        `/CN=${subject}`,
        '-addext',
        `subjectAltName=${sans}`,
      );
      const time = (day: number) =>
        `${new Date(Date.now() + day * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`;
      await openssl(
        directory,
        'ca',
        '-batch',
        '-notext',
        '-config',
        'ca.cnf',
        '-cert',
        'ca.crt',
        '-keyfile',
        'ca.key',
        '-in',
        `${file}.csr`,
        '-out',
        `${file}.crt`,
        '-startdate',
        time(-2),
        '-enddate',
        time(days),
      );
      return { cert: at(`${file}.crt`), key: at(`${file}.key`) };
    },
  };
}
