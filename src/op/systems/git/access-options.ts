import { option, type RequestOf } from '../../kit/options/option.js';

/** The options of credentials, certificates and proxies for a Git server. */
export const accessOptions = {
  sslVerify: option.flag("verify the server's TLS certificate", { default: true }),
  sshDirectory: option.text('private key and known_hosts: an ssh-auth Secret, or a .ssh directory', {
    value: '<directory>',
  }),
  acceptNewHostKeys: option.flag('accept the host key of a server that is not in known_hosts'),
  basicAuth: option.text('username and password: a basic-auth Secret, or .git-credentials and .gitconfig', {
    value: '<directory>',
  }),
  sslCaDirectory: option.text("certificate authorities to trust in addition to the system's", { value: '<directory>' }),
  sslCaFile: option.text('name of the file in that directory', {
    value: '<name>',
    otherwise: 'ca-bundle.crt, ca.crt or tls.crt',
  }),
  httpProxy: option.text('proxy for http URLs', { value: '<url>' }),
  httpsProxy: option.text('proxy for https URLs', { value: '<url>' }),
  noProxy: option.text('hosts to reach without a proxy', { value: '<hosts>' }),
};

export type AccessFlags = RequestOf<typeof accessOptions>;
