/* `api-server token --service NAME --audience notify [--days N]`: prints a token with which a service may use ChatApp. It
 * needs the signing-key file, and no server that runs. */
#ifndef CHATAPP_API_TOKEN_COMMAND_H
#define CHATAPP_API_TOKEN_COMMAND_H

/* argv without the word `token`. Returns the exit status: 2 for a bad setting, which standard error names. */
int token_command(int argc, char **argv);

#endif
